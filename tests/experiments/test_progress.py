"""The progress bar of a training run."""

import io

import keras
import numpy as np
import pytest
from rich.console import Console

from keras_xavier.experiments.progress import ProgressBar


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def fit(model, *, terminal, updates):
    progress = ProgressBar(
        updates,
        console=Console(
            file=io.StringIO(), force_terminal=terminal, color_system=None, width=100
        ),
    )
    x = np.ones((8, 3), np.float32)
    model.fit(x, x[:, :1], batch_size=2, epochs=2, verbose=0, callbacks=[progress])
    return progress.console.file.getvalue()


def test_without_a_terminal_each_evaluation_prints_one_line(model):
    lines = fit(model, terminal=False, updates=8).splitlines()
    assert [line.split(":")[0] for line in lines] == ["update 4", "update 8"]
    assert all("loss" in line for line in lines)


def test_in_a_terminal_the_bar_ends_full(model):
    assert "8/8 updates" in fit(model, terminal=True, updates=8)


def test_a_resumed_run_starts_at_its_last_update(model):
    fit(model, terminal=False, updates=8)
    printed = fit(model, terminal=True, updates=16)
    assert " 8/16 updates" in printed
    assert "16/16 updates" in printed
