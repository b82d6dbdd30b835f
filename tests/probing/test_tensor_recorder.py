"""Recording of tensors, and restoring of layers."""

import threading

import keras
import numpy as np
import pytest
from keras import layers

from keras_xavier.probing.backend import load_backend
from keras_xavier.probing.selection import select_layers
from keras_xavier.probing.tensor_recorder import (
    TensorRecorder,
    instrumented,
    recording,
)


@pytest.fixture
def model():
    return keras.Sequential(
        [layers.Input((3,)), layers.Dense(4, "tanh", name="hidden"), layers.ReLU()]
    )


def call(model, size=2):
    return model(np.ones((size, 3), "float32"))


def test_calls_are_recorded_in_order(model):
    with (
        instrumented(select_layers(model)),
        recording(TensorRecorder(load_backend())) as recorder,
    ):
        call(model)
    assert [one.layer.name for one in recorder.calls] == [
        "hidden",
        model.layers[1].name,
    ]
    assert [one.units for one in recorder.calls] == [4, 4]
    assert recorder.calls[0].activation is keras.activations.tanh


def test_nothing_is_recorded_without_a_recorder(model):
    with instrumented(select_layers(model)):
        expected = call(model)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(expected), keras.ops.convert_to_numpy(call(model))
    )


def test_layers_are_restored_after_an_error(model):
    before = [dict(vars(layer)) for layer in model.layers]
    with pytest.raises(ZeroDivisionError), instrumented(select_layers(model)):
        raise ZeroDivisionError
    assert [dict(vars(layer)) for layer in model.layers] == before
    assert model.layers[0].activation is keras.activations.tanh


def test_recorders_are_bound_to_their_thread(model):
    backend = load_backend()
    call(model)
    recorders = [TensorRecorder(backend), TensorRecorder(backend)]
    together = threading.Barrier(2)

    def work(recorder, calls):
        with recording(recorder):
            together.wait()
            for _ in range(calls):
                call(model)

    with instrumented(select_layers(model)):
        threads = [
            threading.Thread(target=work, args=(recorder, calls))
            for recorder, calls in zip(recorders, (1, 3), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [len(recorder.calls) for recorder in recorders] == [2, 6]
