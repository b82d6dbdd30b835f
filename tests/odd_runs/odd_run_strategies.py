"""Runs that the format allows, but that no training run of this package writes."""

import numpy as np
from hypothesis import strategies as st

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs.appender import Log, Record, RunAppender
from keras_xavier.runs.array_forms import ARRAYS
from keras_xavier.runs.lock import FolderLock
from keras_xavier.runs.opening import this_writer
from keras_xavier.runs.schema import Metadata, State
from keras_xavier.runs.store import open_store
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    Layer,
    Measurement,
    Role,
)

HUGE = 1e308
NAMES = st.one_of(
    st.sampled_from(
        [
            *("hidden_1", "output", "", " ", "\ufeff", "\x00", "a\x1b[31mb", "\n=1"),
            *("\x7f", "\u202egnp", "$x$", "a/b", "\U0001f600", "x" * 500),
        ]
    ),
    st.text(max_size=12),
).filter(lambda name: name.encode(errors="replace").decode() == name)
NUMBERS = st.one_of(
    st.floats(width=32, allow_nan=True),
    st.sampled_from([0.0, -0.0, 1e-45, 3e38, -3e38, np.inf, -np.inf, np.nan]),
)
METRICS = st.one_of(
    st.floats(allow_nan=True), st.sampled_from([1.7e308, -1.7e308, 5e-324, np.nan])
)
BOUNDS = st.sampled_from(
    [
        *((-np.inf, np.inf), (-1.0, 1.0), (0.0, 1.0), (-HUGE, HUGE), (0.0, 1e-300)),
        *((-1e-300, 5.0), (-0.0, np.inf), (1.0, 2.0)),
    ]
)
ATTRIBUTES = st.sampled_from(
    [
        {},
        {"source": "batch"},
        {"source": 7, "optimizer": 3, "versions": None, "seed": []},
        {"bias_variances": {"hidden_1": 0.0, "output": 1.5}},
        {"bias_variances": {"hidden_1": HUGE}, "probe_size": -3},
        {"weight_variances": {"hidden_1": "x", "output": -1}, "not_predicted": 3},
        {"activation_layers": {"hidden_1": 3, "output": "hidden_1"}},
        {"activation_layers": [7], "training": {"loss": "mae", "loss_weights": ["x"]}},
        {"bias_variances": [], "optimizer": {"class": "SGD", "learning_rate": "x"}},
        {"model": {"layers": [{"name": "a", "inputs": ["a"]}, 3], "outputs": ["a", 1]}},
        {"model": {"layers": {}, "outputs": ["hidden_1"]}, "training": {"loss": [3]}},
        {"training": {"loss": {"class": "CategoricalCrossentropy", "from_logits": 3}}},
        {"training": {"loss": {"a": "mse", "b": {"class": ["x"]}}}, "model": []},
    ]
)


@st.composite
def layers(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return tuple(
        Layer(
            name,
            draw(st.sampled_from(["Dense", "Conv2D", "", "\x1b[0m"])),
            draw(st.sampled_from([None, "tanh", "relu", "unknown", ""])),
            draw(st.sampled_from([0, 1, 30, 2**40])),
            draw(st.sampled_from([0, 31, 2**40])),
            *draw(BOUNDS),
            draw(
                st.dictionaries(st.sampled_from(QUANTITIES), st.just("why"), max_size=3)
            ),
            role=draw(st.sampled_from([Role.LAYER, Role.LAYER, *Role])),
        )
        for name in names
    )


@st.composite
def some(draw, values):
    """A subset in the order of the whole, at least one."""
    chosen = draw(st.sets(st.sampled_from(values), min_size=1))
    return tuple(value for value in values if value in chosen)


@st.composite
def odd_runs(draw):
    """Metadata, measurements and metrics of a run."""
    quantities = draw(st.one_of(st.just(QUANTITIES), some(QUANTITIES)))
    statistics = draw(st.one_of(st.just(STATISTICS), some(STATISTICS)))
    table = draw(layers())
    records = draw(st.integers(0, 4))
    number = draw(st.sampled_from(["any", "zero", "nan", "usual"]))
    random = np.random.default_rng(draw(st.integers(0, 9)))
    shape = (len(quantities), len(table), len(statistics))
    measurements = []
    for _ in range(records):
        values = random.uniform(0, 1, shape).astype(np.float32)
        if number == "any":
            flat = [draw(NUMBERS) for _ in range(min(values.size, 12))]
            values.ravel()[: len(flat)] = flat
        elif number != "usual":
            values[:] = 0 if number == "zero" else np.nan
        histogram = np.zeros((*shape[:2], BIN_COUNT), np.uint32)
        if draw(st.booleans()):
            histogram[..., draw(st.integers(0, BIN_COUNT - 1))] = draw(
                st.sampled_from([1, 2**32 - 1])
            )
        units = None
        if draw(st.booleans()):
            width = max(1, min(UNIT_LIMIT, max(layer.units for layer in table)))
            units = random.uniform(0, 1, (len(table), width, 4)).astype(np.float32)
            units[0, 0] = draw(NUMBERS)
        measurements.append(Measurement(values, histogram, {}, units))
    steps = sorted(
        draw(
            st.lists(
                st.one_of(st.integers(0, 300), st.sampled_from([2**40, 2**62])),
                min_size=records,
                max_size=records,
                unique=True,
            )
        )
    )
    logs = draw(
        st.lists(
            st.dictionaries(
                st.sampled_from(["loss", "val_loss", "\x00", "a b", "=1"]), METRICS
            ),
            max_size=4,
        )
    )
    metadata = Metadata(
        identity="odd",
        writer=this_writer(),
        created=draw(st.sampled_from([0.0, 1e9])),
        heartbeat=1e9,
        layers=table,
        state=draw(st.sampled_from([s for s in State if s is not State.BROKEN])),
        reason=draw(st.one_of(st.none(), NAMES)),
        quantities=quantities,
        statistics=statistics,
        hyperparameters=draw(
            st.sampled_from([{}, {"learning_rate": "\x1b[31m"}, {"a": [{"b": HUGE}]}])
        ),
        attributes=draw(ATTRIBUTES),
    )
    return metadata, list(zip(steps, measurements, strict=True)), logs


def write_odd_run(path, odd):
    """Writes a run to a new folder."""
    metadata, records, logs = odd
    store = open_store(str(path))
    store.make(("", *ARRAYS))
    appender = RunAppender(store, FolderLock(), metadata, lambda one: one)
    appender.start()
    appender.append(
        [Record(step, 1e9 + i, one) for i, (step, one) in enumerate(records)],
        [Log(i, log) for i, log in enumerate(logs)],
    )
    appender.close()
