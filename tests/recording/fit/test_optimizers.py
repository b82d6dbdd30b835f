"""Clipping, weight decay, gradient accumulation and example weights."""

import numpy as np
import pytest
from small_fit import (
    BATCH,
    MOMENTS,
    RATE,
    SIZE,
    X,
    Y,
    both_sources,
    fit,
    make_model,
    read,
    sgd,
    statistics,
)

from keras_xavier.runs import open_run


@pytest.mark.parametrize(
    "options",
    [{"clipnorm": 0.01}, {"clipvalue": 0.001}, {"global_clipnorm": 0.01}],
    ids=str,
)
def test_gradients_are_recorded_before_clipping(run, plain_run, options):
    fit(make_model(optimizer=sgd(**options)), statistics(run), epochs=1)
    for name in MOMENTS:
        np.testing.assert_allclose(
            read(run, "weight_gradient", name),
            read(plain_run, "weight_gradient", name),
            rtol=1e-5,
            atol=1e-8,
        )
    clipped, plain = (read(r, "weight_update", "std") for r in (run, plain_run))
    assert (clipped < 0.5 * plain).all()


def test_weight_decay_affects_the_update_but_not_the_gradient(run, plain_run):
    fit(make_model(optimizer=sgd(weight_decay=0.5)), statistics(run), epochs=1)
    gradient, weight = read(run, "weight_gradient"), read(run, "weight")
    np.testing.assert_allclose(
        gradient, read(plain_run, "weight_gradient"), rtol=1e-4, atol=1e-8
    )
    expected = -RATE * (gradient + 0.5 * weight)
    np.testing.assert_allclose(
        read(run, "weight_update"), expected, rtol=1e-3, atol=1e-7
    )


@both_sources
def test_steps_are_updates_under_gradient_accumulation(run, source):
    optimizer = sgd(gradient_accumulation_steps=2)
    fit(make_model(optimizer=optimizer), statistics(run, source), epochs=3)
    assert open_run(run).steps.tolist() == list(range(6 + (source == "probe")))


def test_the_batch_that_completes_an_update_is_measured(run):
    optimizer = sgd(gradient_accumulation_steps=2)
    model = make_model(optimizer=optimizer)
    before = model.get_layer("hidden").kernel.numpy()
    fit(model, statistics(run), epochs=1, x=X[: 2 * BATCH], y=Y[: 2 * BATCH])
    after = model.get_layer("hidden").kernel.numpy()
    assert open_run(run).steps.tolist() == [0]
    np.testing.assert_allclose(
        read(run, "weight_update", "std")[0], np.std(after - before), rtol=1e-4
    )


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.full(SIZE, 2.0)},
        {"class_weight": dict.fromkeys(range(3), 2.0)},
    ],
    ids=["sample_weight", "class_weight"],
)
def test_example_weights_scale_gradients(run, plain_run, options):
    fit(make_model(), statistics(run), epochs=1, **options)
    for quantity in ("preactivation_gradient", "weight_gradient", "weight_update"):
        np.testing.assert_allclose(
            read(run, quantity, "std"), 2 * read(plain_run, quantity, "std"), rtol=1e-4
        )


def test_the_last_batch_may_complete_no_update(run):
    """Ten batches, accumulated in fours."""
    optimizer = sgd(gradient_accumulation_steps=4)
    x, y = np.tile(X, (3, 1))[:100], np.tile(Y, 3)[:100]
    fit(make_model(optimizer=optimizer), statistics(run), epochs=1, x=x, y=y)
    assert open_run(run).steps.tolist() == [0, 1, 2]
    assert (read(run, "weight_update", "std", 1) > 0).all()
    assert np.isnan(read(run, "weight_update", "std", 2)).all()
    assert open_run(run).read_histogram("weight_update", 2).sum() == 0
    assert np.isfinite(read(run, "weight_gradient", "std", 2)).all()
