"""Exports to event files, read back by TensorBoard."""

import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import (
    STORE_EVERYTHING_SIZE_GUIDANCE,
    EventAccumulator,
)
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.distribution import compressor
from tensorboard.util.tensor_util import make_ndarray

from keras_xavier.histogram_bins import (
    BIN_COUNT,
    NONFINITE_BINS,
    count,
    linear_edges,
    logarithmic_edges,
)
from keras_xavier.runs import RunWriter, export_run, open_run
from keras_xavier.runs.exports.tensorboard_export import buckets, checksum
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    summarize,
)


@pytest.fixture
def run(tmp_path, layers):
    """Normal values of increasing size, and a NaN in the last record."""
    shape = len(QUANTITIES), len(layers)
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(5):
            statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
            histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
            for q, quantity in enumerate(QUANTITIES):
                for i, layer in enumerate(layers):
                    if quantity in layer.absent:
                        continue
                    values = np.random.default_rng(i).normal(0, 0.1 + step / 20, 500)
                    values[0] = np.nan if step == 4 else 0.0
                    statistics[q, i] = summarize(values)
                    histogram[q, i] = count(values, layer.edges(quantity))
            writer.record(10 * step, Measurement(statistics, histogram))
            writer.log(10 * step + 5, {"loss": 1 / (step + 1)})
    return open_run(tmp_path / "run")


@pytest.fixture
def events(run, tmp_path):
    return read(export_run(run, tmp_path / "logs" / "run"))


def read(folder):
    found = EventAccumulator(str(folder), STORE_EVERYTHING_SIZE_GUIDANCE)
    return found.Reload()


def arrays(events, tag):
    return [make_ndarray(one.tensor_proto) for one in events.Tensors(tag)]


def test_histograms_have_the_form_of_the_dashboard(run, events):
    tags = events.PluginTagToContent("histograms")
    assert set(tags) == {
        f"{layer.name}/{quantity}"
        for layer in run.layers
        for quantity in QUANTITIES
        if quantity not in layer.absent
    }
    assert events.SummaryMetadata("hidden_1/activation").data_class == 2
    found = arrays(events, "hidden_1/activation")
    for record, rows in enumerate(found):
        assert rows.dtype == np.float64
        assert rows.shape[1] == 3
        expected = run.read_histogram("activation", record)[0]
        finite = expected[: -len(NONFINITE_BINS)]
        assert rows[:, 2].sum() == finite.sum() == (499 if record == 4 else 500)
        edges = run.edges("activation")[0]
        assert np.isin(rows[:, :2], edges).all()
        np.testing.assert_array_equal(rows[rows[:, 2] > 0, 2], finite[finite > 0])


def test_events_have_the_steps_and_wall_times_of_the_records(run, events):
    found = events.Tensors("output/weight_gradient")
    assert [one.step for one in found] == run.steps.tolist()
    assert [one.wall_time for one in found] == run.wall_times.tolist()
    first, last = events.Tensors("loss")[0], events.Tensors("loss")[-1]
    assert first.wall_time == pytest.approx(run.wall_times[:2].mean())
    assert last.wall_time == run.wall_times[-1]


def test_scalars_are_statistics_and_metrics(run, events):
    tags = set(events.PluginTagToContent("scalars"))
    assert {"loss", "hidden_1/activation/std", "output/weight/nonfinite"} <= tags
    assert "hidden_1/activation/p25" not in tags
    assert not any(tag.startswith("output/preactivation/") for tag in tags)
    found = arrays(events, "hidden_2/weight/std")
    expected = run.read_statistics("weight", "std")[:-1, 1]
    # With a NaN among the values, the standard deviation is NaN and left out.
    np.testing.assert_array_equal(found, expected)
    assert arrays(events, "hidden_2/weight/nonfinite")[-1] == np.float32(1 / 500)
    steps, losses = run.metrics()["loss"]
    assert [one.step for one in events.Tensors("loss")] == steps.tolist()
    np.testing.assert_allclose(arrays(events, "loss"), losses, rtol=1e-6)


def test_distributions_match_percentiles_within_a_bin(run, events):
    rows = arrays(events, "hidden_1/activation")[0]
    shown = dict(compressor.compress_histogram(rows))
    values = np.random.default_rng(0).normal(0, 0.1, 500)
    for basis_points in (668, 5000, 9332):
        expected = np.percentile(values, basis_points / 100)
        assert shown[basis_points] == pytest.approx(expected, abs=0.02)


def test_a_second_export_replaces_the_first(run, tmp_path):
    folder = export_run(run, tmp_path / "again")
    (before,) = folder.iterdir()
    export_run(run, folder, overwrite=True)
    (after,) = folder.iterdir()
    assert before.name != after.name
    assert len(read(folder).Tensors("loss")) == 5


def test_a_run_without_records(layers, tmp_path):
    RunWriter(tmp_path / "empty", layers=layers).close()
    folder = export_run(open_run(tmp_path / "empty"), tmp_path / "logs")
    assert read(folder).Tags()["tensors"] == []


def test_export_does_not_import_tensorflow_or_keras(run, tmp_path):
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'jax', 'torch'):\n"
        "    sys.modules[name] = None\n"
        "from keras_xavier.runs import export_run, open_run\n"
        f"export_run(open_run({run.path!r}), {str(tmp_path / 'logs')!r})"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr


@given(st.binary(max_size=100))
def test_checksums_equal_those_of_tensorboard(data):
    assert checksum(data) == struct.pack("<I", masked_crc32c(data))


values = st.lists(st.floats(width=32) | st.sampled_from([0.0, 1.0, -1.0]), max_size=30)
edges = st.sampled_from(
    [logarithmic_edges(), linear_edges(-1.0, 1.0), linear_edges(0.0, 1.0)]
)


@given(values, edges, st.booleans())
def test_buckets_keep_counts_and_edges(values, edges, known):
    counts = count(values, edges)
    finite = np.array([one for one in values if np.isfinite(one)])
    lowest, highest = (
        (finite.min(), finite.max()) if known and finite.size else (np.nan, np.nan)
    )
    rows = buckets(counts, edges, lowest=lowest, highest=highest)
    assert rows[:, 2].sum() == finite.size
    assert np.isfinite(rows).all()
    if not finite.size:
        return
    left, right, number = rows.T
    assert number[0] > 0
    assert number[-1] > 0
    assert (left <= right).all()
    np.testing.assert_array_equal(left[1:], right[:-1])
    assert not ((number[1:] == 0) & (number[:-1] == 0)).any()
    # Only the outermost edges may differ from the stored ones.
    assert np.isin(rows[1:, 0], edges).all()
    filled = counts[: -len(NONFINITE_BINS)]
    np.testing.assert_array_equal(number[number > 0], filled[filled > 0])
    if known:
        assert left[0] <= finite.min() or np.abs(finite).min() < 2.0**-126
        assert right[-1] >= finite.max() or np.abs(finite).min() < 2.0**-126


def test_outermost_buckets_end_at_the_extremes():
    counts = count([-1e6, 0.0, 1e5], logarithmic_edges())
    rows = buckets(counts, logarithmic_edges(), lowest=-1e6, highest=1e5)
    assert rows[0].tolist() == [-1e6, -(2.0**14), 1]
    assert rows[-1].tolist() == [2.0**14, 1e5, 1]
    assert len(rows) == 5
    unknown = buckets(counts, logarithmic_edges(), lowest=np.nan, highest=np.nan)
    assert unknown[0].tolist() == [-(2.0**14), -(2.0**14), 1]


def test_absent_quantities_have_no_tag(tmp_path):
    layer = Layer("a/b", "Dense", None, 1, 1, absent={Quantity.WEIGHT: "none"})
    with RunWriter(tmp_path / "run", layers=[layer]) as writer:
        shape = len(QUANTITIES), 1
        writer.record(
            0,
            Measurement(
                np.ones((*shape, len(STATISTICS)), np.float32),
                np.ones((*shape, BIN_COUNT), np.uint32),
            ),
        )
    found = read(export_run(open_run(tmp_path / "run"), tmp_path / "logs"))
    assert "a/b/activation" in found.Tags()["tensors"]
    assert "a/b/weight" not in found.Tags()["tensors"]
