"""Generators, TensorFlow datasets, batches of unequal size, validation."""

import numpy as np
import pytest
from rows import rows_of_layers
from small_fit import (
    BACKEND,
    BATCH,
    SIZE,
    X,
    Y,
    both_sources,
    fit,
    make_model,
    read,
    statistics,
)

from keras_xavier.runs import open_run


def batches():
    for start in range(0, SIZE, BATCH):
        yield X[start : start + BATCH], Y[start : start + BATCH]


@both_sources
def test_a_generator_of_unknown_length_is_recorded(run, plain_run, source):
    callback = statistics(run, source, every=3)
    model = make_model()
    # Keras warns because it finds the length at the end of the generator.
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(model, callback, epochs=1, x=batches(), y=None, batch_size=None)
    # On TensorFlow the optimizer also counts the step that found no data.
    middle = int(model.optimizer.iterations)
    assert middle == (5 if BACKEND == "tensorflow" else 4)
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(model, callback, epochs=1, x=batches(), y=None, batch_size=None)
    assert open_run(run).steps.tolist()[:4] == [0, 3, middle, 6]
    if source == "batch":
        np.testing.assert_allclose(
            open_run(run).read_statistics("weight_gradient", "std")[:3],
            open_run(plain_run).read_statistics("weight_gradient", "std")[[0, 3, 4]],
            rtol=1e-4,
        )


def test_a_step_that_found_no_data_is_recorded_in_the_next_epoch(run):
    tensorflow = pytest.importorskip("tensorflow")
    data = tensorflow.data.Dataset.from_generator(
        batches,
        output_signature=(
            tensorflow.TensorSpec((BATCH, 6)),
            tensorflow.TensorSpec((BATCH,), "int64"),
        ),
    )
    with pytest.warns(UserWarning, match="ran out of data"):
        fit(make_model(), statistics(run, every=4), x=data, y=None, batch_size=None)
    # On TensorFlow the optimizer counts the step that found no data. The last step was
    # not known in advance.
    middle = 5 if BACKEND == "tensorflow" else 4
    assert open_run(run).steps.tolist()[:2] == [0, middle]


@both_sources
def test_tensorflow_datasets_are_recorded(run, plain_run, source):
    tensorflow = pytest.importorskip("tensorflow")
    data = tensorflow.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)
    fit(make_model(), statistics(run, source), x=data, y=None, batch_size=None)
    assert open_run(run).steps.tolist() == list(range(8 + (source == "probe")))
    np.testing.assert_allclose(
        read(run, "weight_gradient", "std", 0),
        read(plain_run, "weight_gradient", "std", 0),
        rtol=1e-4,
    )


def test_the_last_batch_of_an_epoch_can_be_smaller(run):
    fit(make_model(), statistics(run), x=X[:25], y=Y[:25])
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(6))
    first, *_ = rows_of_layers(stored)
    sizes = [
        stored.read_histogram("activation", step)[first].sum() for step in range(6)
    ]
    assert sizes == [80, 80, 40] * 2


@both_sources
def test_validation_during_fit_is_not_recorded(run, plain_run, source):
    fit(make_model(), statistics(run, source), validation_data=(X[:20] + 1, Y[:20]))
    stored = open_run(run)
    assert stored.steps.tolist() == list(range(8 + (source == "probe")))
    assert stored.metrics()["val_loss"][0].tolist() == [4, 8]
    if source == "batch":
        np.testing.assert_allclose(
            stored.read_statistics("activation", "std"),
            open_run(plain_run).read_statistics("activation", "std"),
            rtol=1e-4,
        )
