"""Runs of a small network."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Quantity,
)

Measure = Callable[[int], Measurement]


@pytest.fixture(scope="session")
def layers() -> tuple[Layer, ...]:
    return (
        Layer("hidden_1", "Dense", "tanh", 20, 220, -1.0, 1.0),
        Layer("hidden_2", "Dense", "relu", 20, 420, lower=0.0),
        Layer(
            "output",
            "Dense",
            "softmax",
            9,
            189,
            absent={Quantity.PREACTIVATION: "softmax is not elementwise"},
        ),
    )


@pytest.fixture(scope="session")
def measure(layers) -> Measure:
    """Makes the measurement of a step, which depends on the step only."""

    def make(step: int) -> Measurement:
        random = np.random.default_rng(step)
        shape = len(QUANTITIES), len(layers)
        # Standard deviations and shares are not negative.
        statistics = abs(random.normal(size=(*shape, len(STATISTICS))))
        histogram = random.poisson(0.5, (*shape, BIN_COUNT))
        units = np.full((len(layers), UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan)
        for row, layer in zip(units, layers, strict=True):
            row[: layer.units] = random.normal(size=(layer.units, len(UNIT_STATISTICS)))
        return Measurement(
            statistics.astype(np.float32),
            histogram.astype(np.uint32),
            units=units.astype(np.float32),
        )

    return make


@pytest.fixture
def write(tmp_path: Path, layers, measure) -> Callable[..., Path]:
    """Writes a finished run."""

    def make(name: str = "run", records: int = 3, **options: object) -> Path:
        path = tmp_path / f"{name}.zarr"
        with RunWriter(path, layers=layers, **options) as writer:
            for step in range(records):
                writer.record(10 * step, measure(10 * step))
                writer.log(10 * step, {"loss": 1 / (step + 1)})
        return path

    return make


@pytest.fixture
def earlier_run(tmp_path) -> Callable[[int], Path]:
    """Function that copies a run that an earlier version of the format has written."""

    def copied(version: int) -> Path:
        original = Path(__file__).parent / "formats" / f"version-{version}.zarr"
        return Path(shutil.copytree(original, tmp_path / "old.zarr"))

    return copied


@pytest.fixture(params=[1, 2])
def old(request, earlier_run) -> Path:
    """A run of each earlier version of the format."""
    return earlier_run(request.param)
