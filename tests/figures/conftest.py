"""Data similar to a network of the paper, and a run with such data."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_xavier.figures import HistogramData, HistogramsOverTimeData, LayerCurvesData
from keras_xavier.histogram_bins import BIN_COUNT, count
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Role,
    summarize,
)

UNBOUNDED = (-np.inf, np.inf)


@pytest.fixture
def figure():
    """A figure that can be drawn without a window."""
    made = Figure(figsize=(8, 4.5))
    FigureCanvasAgg(made)
    return made


@pytest.fixture
def layer_curves():
    """Makes statistics over steps: layer i spreads with scale · 0.5^i."""

    def make(
        records=50, layers=3, *, quantity="activation", scale=1.0, bounds=None, every=10
    ):
        random = np.random.default_rng(records)
        shape = records, layers
        spread = scale * 0.5 ** np.arange(layers)
        mean = 0.1 * spread * random.normal(size=shape)
        std = spread * random.uniform(0.9, 1.1, size=shape)
        names = layers if isinstance(layers, tuple) else range(1, layers + 1)
        return LayerCurvesData(
            Quantity(quantity),
            tuple(f"hidden_{i}" for i in names),
            every * np.arange(records),
            *(
                values.astype(np.float32)
                for values in (
                    *(mean, std, mean - 2 * std, mean, mean + 2 * std),
                    np.full(shape, 0.25),
                )
            ),
            run="tanh",
            bounds=(bounds,) * layers if bounds else (),
        )

    return make


@pytest.fixture
def counted():
    """Makes histograms of one array for each layer."""

    def make(*arrays, quantity="preactivation_gradient", bounds=UNBOUNDED, step=0):
        layer = Layer("layer", "Dense", None, 1, 1, *bounds)
        edges = layer.edges(Quantity(quantity))
        return HistogramData(
            Quantity(quantity),
            tuple(f"hidden_{i + 1}" for i in range(len(arrays))),
            step,
            np.array([count(values, edges) for values in arrays]),
            np.array([edges for _ in arrays]),
            run="tanh",
            bounds=(bounds,) * len(arrays),
        )

    return make


@pytest.fixture
def counted_over_time():
    """Makes histograms of `values(step, layer)` over steps."""

    def make(
        values, *, layers=1, steps=range(0, 100, 10), quantity="weight_gradient",
        bounds=UNBOUNDED, records=None,
    ):  # fmt: skip
        layer = Layer("layer", "Dense", None, 1, 1, *bounds)
        edges = layer.edges(Quantity(quantity))
        arrays = [
            [np.asarray(values(s, i), float) for i in range(layers)] for s in steps
        ]
        counts = np.array([[count(v, edges) for v in row] for row in arrays])
        percentiles = np.array(
            [
                [np.percentile(v[np.isfinite(v)], (2, 50, 98)) for v in row]
                for row in arrays
            ]
        )
        names = tuple(f"hidden_{i + 1}" for i in range(layers))
        return HistogramsOverTimeData(
            Quantity(quantity),
            names,
            np.array(steps, int),
            counts.reshape(len(steps), layers, BIN_COUNT),
            np.array([edges] * layers),
            percentiles.reshape(len(steps), layers, 3),
            ends=(steps[0], steps[-1]) if len(steps) else (0, 0),
            records=len(steps) if records is None else records,
            all_layers=names,
            run="tanh",
            bounds=(bounds,) * layers,
        )

    return make


LAYERS = (
    Layer("flatten", "Flatten", None, 4, 0, absent=dict.fromkeys(
        [Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT], "it has no weights"
    )),
    Layer("hidden_1", "Dense", "tanh", 50, 100, -1.0, 1.0),
    Layer("output", "Dense", None, 9, 100),
)  # fmt: skip


@pytest.fixture
def record(tmp_path):
    """Writes a real run with records at the given steps, and opens it."""

    def write(steps=(0, 1, 2, 4, 8), *, name="tanh", scale=1.0, mode="overwrite"):
        random = np.random.default_rng(0)
        with RunWriter(tmp_path / name, layers=LAYERS, mode=mode) as writer:
            for step in steps:
                values = random.normal(size=(len(QUANTITIES), len(LAYERS), 400))
                values = np.tanh(scale * values)
                statistics = np.array([[summarize(v) for v in row] for row in values])
                histogram = np.array(
                    [
                        [count(v, layer.edges(quantity)) for v, layer in pairs]
                        for quantity, pairs in zip(
                            QUANTITIES,
                            (zip(row, LAYERS, strict=True) for row in values),
                            strict=True,
                        )
                    ]
                )
                for row, quantity in enumerate(QUANTITIES):
                    if quantity in LAYERS[0].absent:
                        statistics[row, 0] = np.nan
                        histogram[row, 0] = 0
                writer.record(
                    step, Measurement(statistics.astype(np.float32), histogram)
                )
                writer.log(step, {"loss": 2.0 / (1 + step), "val_error": 0.5})
        return open_run(tmp_path / name)

    return write


WEIGHTS = ("weight", "weight_gradient", "weight_update")


def only(*quantities):
    """The reasons of a row that has these quantities only."""
    return {one: "it has none" for one in Quantity if one not in quantities}


ROWS = (
    Layer("input:x", "InputLayer", None, 6, 0, absent=only("activation"),
          role=Role.INPUT),
    Layer("dense", "Dense", "tanh", 4, 28, -1.0, 1.0),
    Layer("dense/bias", "Dense", None, 4, 4, absent=only(*WEIGHTS), role=Role.BIAS),
    Layer("wide", "Dense", "relu", 300, 1500, 0.0),
    Layer("output", "Dense", "softmax", 3, 903, 0.0, 1.0),
)  # fmt: skip
DENSE = np.array(
    [
        # Mean, std, share of zeros, share of saturated values: four units a step.
        [[0.1, 0.5, 0, 0], [0.2, 0.5, 0, 0], [-0.1, 0.5, 0, 0], [0.0, 0.0, 1, 0]],
        [[0.1, 0.5, 0, 0], [0.9, 0.1, 0, 1], [-0.1, 0.5, 0, 0], [0.0, 0.0, 1, 0]],
        [[0.1, 0.5, 0, 0], [1.0, 0.0, 0, 1], [-1.0, 0.0, 0, 1], [0.0, 0.0, 1, 0]],
    ]
)


@pytest.fixture
def record_units(tmp_path):
    """Writes real runs with units, and with rows that are not layers."""

    def write(name="tanh", steps=(0, 10, 20), *, with_units=True, lacks=()):
        """Writes records whose statistic i of layer j is (1 + i) / 100 · 0.5^j."""
        path = tmp_path / name
        with RunWriter(path, layers=ROWS, mode="overwrite") as writer:
            for record, step in enumerate(steps):
                one = (1 + np.arange(len(STATISTICS))) / 100
                depth = 0.5 ** np.arange(len(ROWS))
                values = np.broadcast_to(
                    depth[:, np.newaxis] * one, (len(QUANTITIES), len(ROWS), len(one))
                ).astype(np.float32)
                for row, quantity in enumerate(QUANTITIES):
                    for j, layer in enumerate(ROWS):
                        if quantity in layer.absent:
                            values[row, j] = np.nan
                    if quantity in WEIGHTS:
                        values[row, :, STATISTICS.index("unit_std") :] = np.nan
                for name in lacks:
                    values[..., STATISTICS.index(name)] = np.nan
                units = np.full(
                    (len(ROWS), UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan, np.float32
                )
                units[1, :4] = DENSE[min(record, len(DENSE) - 1)]
                for j, count in ((0, 6), (3, 256), (4, 3)):
                    units[j, :count] = np.stack(
                        [np.arange(count)[::-1], *[np.zeros(count)] * 3], axis=-1
                    )
                counts = np.zeros((*values.shape[:2], BIN_COUNT), np.uint32)
                counts[..., BIN_COUNT // 2] = 100
                writer.record(
                    step,
                    Measurement(values, counts, units=units if with_units else None),
                )
        return open_run(path)

    return write
