"""Callbacks that training runs share."""

import signal
import threading

import keras
import numpy as np

from keras_xavier.experiments.callbacks import stop_on_interrupt


def small():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def fit(model, interruption):
    x = np.ones((8, 1), "float32")
    model.fit(x, x, batch_size=2, epochs=3, verbose=0, callbacks=[interruption])
    return int(model.optimizer.iterations)


def test_an_interrupt_before_fit_begins_stops_it():
    model = small()
    with stop_on_interrupt(model) as interruption:
        signal.raise_signal(signal.SIGINT)
        # Keras ends training after an update, never before.
        assert fit(model, interruption) == 1
        assert model.stop_training


def test_without_interrupt_training_runs_to_its_end():
    before = signal.getsignal(signal.SIGINT)
    model = small()
    with stop_on_interrupt(model) as interruption:
        assert fit(model, interruption) == 12
        assert not model.stop_training
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_train_without_signals():
    model, updates = small(), []

    def train():
        with stop_on_interrupt(model) as interruption:
            updates.append(fit(model, interruption))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert updates == [12]
