"""Measuring that runs out of memory, or fails before the step."""

import numpy as np
import pytest
from small_fit import BACKEND, fit, make_model, statistics, weights

from keras_xavier.probing import host_reduction
from keras_xavier.probing.pure_training import PureTraining
from keras_xavier.probing.training_step import InstrumentedTraining
from keras_xavier.runs import run_exists

TRAINING = PureTraining if BACKEND == "jax" else InstrumentedTraining
STEP = "_measure" if BACKEND == "jax" else "_step"


def full_memory():
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.errors.ResourceExhaustedError(None, None, "full")
    if BACKEND == "torch":
        import torch

        return torch.OutOfMemoryError("full")
    return RuntimeError("RESOURCE_EXHAUSTED: full")


def trained(*callbacks, run_eagerly=BACKEND == "tensorflow"):
    model = make_model(run_eagerly=run_eagerly)
    fit(model, *callbacks)
    return weights(model)


@pytest.mark.parametrize("place", ["__init__", "_optimizer_shadows", STEP])
def test_the_batch_is_trained_on_without_measuring(run, monkeypatch, place):
    expected = trained()

    def fail(*_, **__):
        raise full_memory()

    monkeypatch.setattr(TRAINING, place, fail)
    with pytest.warns(RuntimeWarning, match="training continues.*full") as caught:
        found = trained(statistics(run))
    assert sum(one.category is RuntimeWarning for one in caught) == 1
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not run_exists(run)


def test_training_continues_if_a_tensor_cannot_be_reduced(run, monkeypatch):
    expected = trained(run_eagerly=False)
    reduce = host_reduction.reduce_one

    def fail(tensor, *arguments):
        if tensor.size > 1:
            raise MemoryError("full")
        return reduce(tensor, *arguments)

    monkeypatch.setattr(host_reduction, "reduce_one", fail)
    with pytest.warns(RuntimeWarning, match="training continues") as caught:
        found = trained(statistics(run), run_eagerly=False)
    assert sum(one.category is RuntimeWarning for one in caught) == 1
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert not run_exists(run)


@pytest.mark.skipif(BACKEND == "jax", reason="its steps have no effects")
def test_a_step_that_has_updated_the_weights_is_not_repeated(run, monkeypatch):
    step = InstrumentedTraining._step

    def fail(self, *arguments):
        step(self, *arguments)
        raise full_memory()

    monkeypatch.setattr(InstrumentedTraining, "_step", fail)
    with pytest.raises(type(full_memory()), match="full"):
        trained(statistics(run))
