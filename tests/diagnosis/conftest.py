"""Synthetic runs with problems."""

import numpy as np
import pytest

from keras_xavier.diagnosis import RULES, Thresholds, diagnose
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
    Statistic,
    summarize,
)

UNITS, EXAMPLES, HIDDEN = 20, 300, 4
STEPS = (0, 1, 2, 4, 8, 16, 32, 64, 100, 200, 300)
RANGES = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu": (0.0, np.inf)}
SIZES = {
    Quantity.PREACTIVATION: 0.1,
    Quantity.ACTIVATION: 0.1,
    Quantity.PREACTIVATION_GRADIENT: 0.01,
    Quantity.WEIGHT: UNITS**-0.5,
    Quantity.WEIGHT_GRADIENT: 0.01,
    Quantity.WEIGHT_UPDATE: 1e-3 * UNITS**-0.5,
}
"""Standard deviations in a healthy network."""


def chain(activation="tanh", hidden=HIDDEN, kind="Dense"):
    """Dense layers of equal width and a softmax layer."""
    lower, upper = RANGES.get(activation, (-np.inf, np.inf))
    parameters = UNITS * (UNITS + 1)
    return (
        *(
            Layer(f"hidden_{i}", kind, activation, UNITS, parameters, lower, upper)
            for i in range(1, hidden + 1)
        ),
        Layer("output", kind, "softmax", UNITS, parameters),
    )


@pytest.fixture
def write(tmp_path):
    """Writes a run of a healthy network with the given changes.

    `changes` are arrays that broadcast to shape (record, layer), by quantity and
    statistic. `histograms` are arrays of shape (layer, BIN_COUNT), by quantity.
    `metrics` are arrays of shape (record,), and `late` are pairs of a step and a value
    that is logged after all records.
    `units` are arrays that broadcast to shape (record, layer, unit), by statistic.
    """

    def make(
        changes=None,
        *,
        layers=None,
        steps=STEPS,
        losses=None,
        metrics=None,
        late=None,
        histograms=None,
        units=None,
        state=None,
        **options,
    ):
        layers = layers or chain()
        shape = len(steps), len(layers)
        statistics = np.zeros((shape[0], len(QUANTITIES), shape[1], len(STATISTICS)))
        for quantity, size in SIZES.items():
            row = statistics[:, QUANTITIES.index(quantity)]
            row[..., STATISTICS.index(Statistic.STD)] = size
            row[..., STATISTICS.index(Statistic.UNIT_STD)] = size
        for (quantity, statistic), values in (changes or {}).items():
            place = QUANTITIES.index(quantity), STATISTICS.index(statistic)
            statistics[:, place[0], :, place[1]] = np.broadcast_to(values, shape)
        histogram = np.zeros((len(QUANTITIES), len(layers), BIN_COUNT), np.uint32)
        random = np.random.default_rng(0)
        for row, quantity in enumerate(QUANTITIES):
            of_weights = quantity.startswith("weight")
            total = UNITS * UNITS if of_weights else UNITS * EXAMPLES
            bins = random.multinomial(total, np.full(100, 0.01), len(layers))
            histogram[row, :, 300:400] = bins
        for quantity, counts in (histograms or {}).items():
            histogram[QUANTITIES.index(quantity)] = counts
        for row, quantity in enumerate(QUANTITIES):
            for column, layer in enumerate(layers):
                if quantity in layer.absent:
                    statistics[:, row, column] = np.nan
                    histogram[row, column] = 0
        single = np.full(
            (len(steps), len(layers), UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan
        )
        healthy = {
            Statistic.MEAN: random.normal(0, 0.05, (len(layers), UNITS)),
            Statistic.STD: random.uniform(0.05, 0.1, (len(layers), UNITS)),
            Statistic.ZERO: 0.0,
            Statistic.SATURATED: 0.0,
        }
        for statistic, values in (healthy | (units or {})).items():
            single[:, :, :UNITS, UNIT_STATISTICS.index(statistic)] = values
        path = tmp_path / f"run-{len([*tmp_path.iterdir()])}"
        with RunWriter(path, layers=layers, **options) as writer:
            for record, step in enumerate(steps):
                found = statistics[record].astype(np.float32)
                found_units = single[record].astype(np.float32)
                writer.record(step, Measurement(found, histogram, units=found_units))
                if losses is not None:
                    writer.log(step, {"loss": losses[record]})
                for name, values in (metrics or {}).items():
                    writer.log(step, {name: float(values[record])})
            for name, (step, value) in (late or {}).items():
                writer.log(max(step, steps[-1]), {name: value})
            if state is not None:
                writer.close(state)
        return open_run(path)

    return make


@pytest.fixture
def find():
    """Diagnoses a run and returns the finding of this name, or `None`.

    It may be a cause or one of the consequences.
    """

    def one(run, name, rules=RULES, **thresholds):
        causes = diagnose(run, rules=rules, thresholds=Thresholds(**thresholds))
        found = [one for cause in causes for one in (cause, *cause.consequences)]
        assert all(len(one.explanation) < 700 for one in found)
        return next((finding for finding in found if finding.name == name), None)

    return one


@pytest.fixture
def program(write):
    """Writes a run of a program: an input, a hidden layer, an output and its target.

    `last` are layers after the output as rows of the graph, and `settings` the settings
    of the output. `loss` is stored as `LayerStatistics` stores it.
    """

    def make(
        y,
        loss,
        settings=None,
        *,
        x=None,
        kind="Dense",
        first="Dense",
        before=(),
        last=(),
        seen=None,
        attributes=None,
        **options,
    ):
        x = np.random.default_rng(0).normal(size=(EXAMPLES, UNITS)) if x is None else x
        y = np.asarray(y, float).reshape(len(y), -1)
        settings = {"units": y.shape[1], **(settings or {})}
        units, activation = settings["units"], settings.get("activation")
        named = activation["class"] if isinstance(activation, dict) else activation
        lower, upper = RANGES.get(str(activation), (-np.inf, np.inf))
        absent = dict.fromkeys((q for q in QUANTITIES if q != "activation"), "data")
        layers = (
            Layer("input:x", "Input", None, x.shape[1], 0, absent=absent, role="input"),
            Layer("hidden", first, "relu", UNITS, UNITS * (UNITS + 1), 0.0),
            Layer("output", kind, named, units, 21 * units, lower, upper),
            Layer(
                *("target:output", "Target", None, y.shape[1], 0),
                absent=absent,
                role="target",
            ),
        )
        rows = [
            {"name": "x", "class": "InputLayer", "shape": [None, x.shape[1]]},
            *before,
            {"name": "hidden", "class": first, "shape": [None, UNITS]},
            {"name": "output", "class": kind, "shape": [None, units]},
            *last,
        ]
        for previous, row in zip([None, *rows], rows, strict=False):
            row.setdefault("inputs", [previous["name"]] if previous else [])
            row.setdefault("settings", {})
        rows[-1 - len(last)] |= {"settings": settings, "parameters": 21 * units}
        rows[-2 - len(last)] |= {"settings": {"units": UNITS, "activation": "relu"}}
        changes = {}
        shape = len(seen or STEPS), len(layers)
        for column, values in ((0, x), (3, y)):
            summary = summarize(values)
            summary[STATISTICS.index(Statistic.UNIT_STD)] = values.std(axis=0).mean()
            for place, statistic in enumerate(STATISTICS):
                key = Quantity.ACTIVATION, statistic
                default = 0.1 if statistic in ("std", "unit_std") else 0.0
                changes.setdefault(key, np.full(shape, default))[:, column] = summary[
                    place
                ]
        histogram = np.zeros((len(layers), BIN_COUNT), np.uint32)
        for column, values in ((0, x), (3, y)):
            histogram[column] = count(values, layers[column].edges("activation"))
        single = np.tile(x.mean(axis=0)[None, None], (*shape, 1))[..., :UNITS]
        spread = np.tile(x.std(axis=0)[None, None], (*shape, 1))[..., :UNITS]
        return write(
            changes | options.pop("changes", {}),
            layers=layers,
            steps=seen or STEPS,
            histograms={Quantity.ACTIVATION: histogram},
            units={Statistic.MEAN: single, Statistic.STD: spread},
            attributes={
                "training": {"loss": loss},
                "model": {"layers": rows, "outputs": [rows[-1]["name"]]},
                "optimizer": {"class": "Adam", "learning_rate": 0.001},
                **(attributes or {}),
            },
            **options,
        )

    return make
