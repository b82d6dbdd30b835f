"""Eager and compiled training, mixed precision, several batches per execution."""

import keras
import numpy as np
import pytest
from small_fit import (
    BACKEND,
    BATCH,
    MOMENTS,
    SIZE,
    both_sources,
    fit,
    make_model,
    not_on_torch,
    sgd,
    statistics,
    weights,
)

from keras_xavier.runs import open_run
from keras_xavier.statistics import Quantity

FORMS = {
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
    "not_jit": {"jit_compile": False},
    "plain": {},
}


@both_sources
@pytest.mark.parametrize("form", ["eager", "jit", "not_jit"])
def test_eager_and_compiled_training_record_the_same(run, plain_run, source, form):
    if form == "jit" and BACKEND == "torch":
        pytest.skip("torch.compile needs a compiler of C++")
    if source == "probe":
        fit(make_model(), statistics(plain_run, source, mode="overwrite"))
    fit(make_model(**FORMS[form]), statistics(run, source))
    found, expected = open_run(run), open_run(plain_run)
    assert found.steps.tolist() == expected.steps.tolist()
    assert found.layers == expected.layers
    for quantity in Quantity:
        for name in MOMENTS:
            np.testing.assert_allclose(
                found.read_statistics(quantity, name),
                expected.read_statistics(quantity, name),
                rtol=1e-4,
                atol=1e-6,
            )


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def mixed_precision(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@both_sources
def test_gradients_in_mixed_precision_are_unscaled(
    tmp_path, plain_run, source, mixed_precision
):
    run = str(tmp_path / "mixed")
    model = make_model()
    fit(model, statistics(run, source))
    found, expected = open_run(run), open_run(plain_run)
    assert int(found.steps[-1]) == int(model.optimizer.iterations) - (source == "batch")
    unmeasured = {Quantity.WEIGHT_UPDATE} if source == "probe" else set()
    for quantity in set(Quantity) - unmeasured:
        # The probe is the first batch, so both sources have the same first record.
        for name in ("std", "min", "max"):
            np.testing.assert_allclose(
                found.read_statistics(quantity, name)[0],
                expected.read_statistics(quantity, name)[0],
                rtol=0.05,
                err_msg=f"{quantity} {name}",
            )
        sizes = expected.read_histogram(quantity, 0).sum(axis=-1)
        for step in range(len(found.steps)):
            counts = found.read_histogram(quantity, step).sum(axis=-1)
            assert counts.tolist() == sizes.tolist()
    np.testing.assert_allclose(
        found.metrics()["gradient_norm"][1][0],
        expected.metrics()["gradient_norm"][1][0],
        rtol=0.02,
    )


def test_updates_that_overflow_do_not_count_as_steps(run):
    optimizer = keras.optimizers.LossScaleOptimizer(sgd(), initial_scale=1e38)
    model = make_model(optimizer=optimizer)
    overflows = np.where(np.arange(SIZE) // BATCH == 1, 100.0, 1.0)
    fit(model, statistics(run), epochs=3, sample_weight=overflows)
    assert int(model.optimizer.iterations) == 9
    stored = open_run(run)
    assert stored.state == "finished"
    assert stored.steps.tolist() == list(range(9))


@not_on_torch
@pytest.mark.parametrize(
    ("source", "steps"), [("probe", [0, 3, 4, 7, 8]), ("batch", [0, 3, 4, 7])]
)
def test_the_first_batch_of_an_execution_is_measured(run, plain_run, source, steps):
    model = make_model(steps_per_execution=3)
    fit(model, statistics(run, source))
    plain = make_model()
    fit(plain)
    # Three batches, then the remaining batch of the epoch.
    stored, expected = open_run(run), open_run(plain_run)
    assert stored.steps.tolist() == steps
    for one, other in zip(weights(model), weights(plain), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    if source == "batch":
        for quantity in Quantity:
            np.testing.assert_allclose(
                stored.read_statistics(quantity, "std"),
                expected.read_statistics(quantity, "std")[steps],
                rtol=1e-4,
            )
