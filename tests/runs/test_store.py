"""Round trips of runs, with this package and with xarray alone."""

import json
import tempfile
import time
import warnings
from dataclasses import replace

import fsspec
import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.histogram_bins import BIN_COUNT, EDGE_COUNT
from keras_xavier.runs import RunError, RunWriter, State, open_run
from keras_xavier.runs.array_forms import ARRAYS, VERSION
from keras_xavier.runs.schema import LOG_ROWS, encode_root
from keras_xavier.runs.validation import decode
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

ACTIVATION, WEIGHT = map(QUANTITIES.index, ("activation", "weight"))
ATTRIBUTES = {"source": "probe", "seed": 7, "versions": {"keras": "3.15.0"}}


def pick(measurement, quantity, statistic):
    """Returns one statistic of all layers."""
    row, column = QUANTITIES.index(quantity), STATISTICS.index(statistic)
    return measurement.statistics[row, :, column]


def test_runs_round_trip(tmp_path, layers, measure):
    before = time.time()
    with RunWriter(
        tmp_path / "run",
        layers=layers,
        hyperparameters={"learning_rate": np.float32(0.5), "units": (20, 20)},
        attributes=ATTRIBUTES,
    ) as writer:
        for step in (0, 1, 50):
            writer.record(step, measure(step))

    run = open_run(tmp_path / "run")

    assert run.path == str(tmp_path / "run.zarr")
    assert run.name == "run"
    assert (run.state, run.reason, run.dropped) == (State.FINISHED, None, 0)
    assert run.layers == layers
    assert run.hyperparameters == {"learning_rate": 0.5, "units": [20, 20]}
    assert run.attributes == ATTRIBUTES
    assert run.steps.tolist() == [0, 1, 50]
    assert run.steps.dtype == np.int64
    assert before <= run.created <= run.wall_times[0] <= run.wall_times[2]
    assert run.wall_times[2] <= run.last_update <= time.time()
    for row, quantity in enumerate(QUANTITIES):
        for column, statistic in enumerate(STATISTICS):
            expected = [measure(s).statistics[row, :, column] for s in (0, 1, 50)]
            read = run.read_statistics(quantity, statistic)
            np.testing.assert_array_equal(read, expected)
            assert read.dtype == np.float32
        for record, step in enumerate((0, 1, 50)):
            counts = run.read_histogram(quantity, record)
            np.testing.assert_array_equal(counts, measure(step).histogram[row])
            assert counts.dtype == np.uint32
        expected = [layer.edges(quantity) for layer in layers]
        np.testing.assert_array_equal(run.edges(quantity), expected)


def test_reading_later_records(write, measure):
    run = open_run(write(records=5))

    read = run.read_statistics("weight", "p98", start=3)

    expected = [pick(measure(step), "weight", "p98") for step in (30, 40)]
    np.testing.assert_array_equal(read, expected)
    assert run.read_statistics("weight", "p98", start=5).shape == (0, 3)
    np.testing.assert_array_equal(
        run.read_histogram("weight", -2), run.read_histogram("weight", 3)
    )


def test_unknown_names_and_records(write):
    run = open_run(write())

    with pytest.raises(ValueError, match=r"no quantity 'weights'.*weight_gradient"):
        run.read_statistics("weights", "std")
    with pytest.raises(ValueError, match=r"no statistic 'var'.*nonfinite"):
        run.read_statistics("weight", "var")
    with pytest.raises(ValueError, match="start=-1"):
        run.read_statistics("weight", "std", start=-1)
    with pytest.raises(IndexError, match=r"has 3 records. Received: record=3"):
        run.read_histogram("weight", 3)
    with pytest.raises(IndexError, match="record=-4"):
        run.read_histogram("weight", -4)


def test_a_run_without_records(write):
    run = open_run(write(records=0))

    assert run.steps.shape == (0,)
    assert run.last_step is None
    assert run.read_statistics("activation", "mean").shape == (0, 3)
    assert run.statistics("activation", "mean").shape == (0, 3)
    assert run.histogram("activation").values.shape == (0, 3, BIN_COUNT)
    assert run.metrics() == {}
    assert xarray.open_zarr(run.path).sizes["step"] == 0


@pytest.mark.parametrize("consolidated", [None, False])
def test_xarray_opens_a_run_without_this_package(write, layers, measure, consolidated):
    path = write(records=3, attributes=ATTRIBUTES)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = xarray.open_zarr(path, consolidated=consolidated).load()

    assert {*found.variables} == {*ARRAYS}
    assert found.sizes == {
        "step": 3,
        "quantity": len(QUANTITIES),
        "layer": 3,
        "statistic": len(STATISTICS),
        "bin": BIN_COUNT,
        "edge": EDGE_COUNT,
        "checked": 4,
        "log": 3,
        "log_checked": 2,
        "metric": 1,
        "unit_step": 3,
        "unit": 20,
        "unit_statistic": 4,
        "unit_checked": 3,
    }
    assert found.statistics.dims == ("step", "quantity", "layer", "statistic")
    assert found.histogram.dims == ("step", "quantity", "layer", "bin")
    assert found.bin_edges.dims == ("quantity", "layer", "edge")
    assert found.layer.values.tolist() == [layer.name for layer in layers]
    stds = found.statistics.sel(quantity="weight", statistic="std", layer="hidden_2")
    expected = [pick(measure(step), "weight", "std")[1] for step in (0, 10, 20)]
    np.testing.assert_array_equal(stds, expected)
    np.testing.assert_array_equal(
        found.histogram, [measure(step).histogram for step in (0, 10, 20)]
    )
    losses = found.log_value[found.metric[found.log_metric] == "loss"]
    np.testing.assert_array_equal(losses, [1, 1 / 2, 1 / 3])
    assert found.wall_time.dtype.kind == "M"
    assert found.attrs["format"] == "keras-xavier run"
    assert found.attrs["version"] == VERSION
    assert found.attrs["state"] == "finished"
    assert found.attrs["source"] == "probe"


def test_types_on_disk(write):
    group = zarr.open_group(write(), mode="r")

    assert {name: str(group[name].dtype) for name in ("statistics", "histogram")} == {
        "statistics": "float32",
        "histogram": "uint32",
    }
    assert group["step"].dtype == np.int64
    assert group["bin_edges"].dtype == np.float64
    assert group.metadata.zarr_format == 3


def test_json_has_no_infinity(write):
    # JSON has no infinity; readers in other languages would fail.
    def refuse(constant):
        pytest.fail(f"{constant} in JSON")

    for file in write().rglob("zarr.json"):
        json.loads(file.read_text(), parse_constant=refuse)


def test_xarray_of_a_statistic(write, measure):
    array = open_run(write()).statistics("weight_gradient", "p2")

    assert array.dims == ("step", "layer")
    assert array.name == "p2"
    assert array.step.values.tolist() == [0, 10, 20]
    assert array.layer.values.tolist() == ["hidden_1", "hidden_2", "output"]
    expected = [pick(measure(step), "weight_gradient", "p2") for step in (0, 10, 20)]
    np.testing.assert_array_equal(array, expected)


def test_updates_relative_to_weights(write, layers):
    run = open_run(write())
    found = run.update_ratio()
    assert found.dims == ("step", "layer")
    mean, std = (run.read_statistics("weight", s) for s in ("mean", "std"))
    weight = np.hypot(mean.astype(float), std)
    mean, std = (run.read_statistics("weight_update", s) for s in ("mean", "std"))
    np.testing.assert_allclose(found, np.hypot(mean.astype(float), std) / weight)


def test_a_run_of_fewer_quantities_lists_absent_ones(write):
    path = write()
    root = path / "zarr.json"
    before = decode(root.read_bytes(), "run")
    metadata = replace(
        before,
        quantities=tuple(q for q in QUANTITIES if q != "weight_update"),
        edges_checksums=before.edges_checksums[:-1],
    )
    root.write_bytes(encode_root(metadata))
    run = open_run(path)
    assert all("weight_update" in layer.absent for layer in run.layers)
    assert "weight" not in run.layers[1].absent


def test_xarray_of_histograms(write, layers, measure):
    array = open_run(write(records=40)).histogram("activation")
    everything = np.stack([measure(10 * s).histogram[ACTIVATION] for s in range(40)])

    assert array.dims == ("step", "layer", "bin")
    assert array.left.dims == array.right.dims == ("layer", "bin")
    assert array.shape == (40, 3, BIN_COUNT)
    np.testing.assert_array_equal(array, everything)
    np.testing.assert_array_equal(array.isel(step=-1), everything[-1])
    np.testing.assert_array_equal(array[30:2:-7, 1], everything[30:2:-7, 1])
    np.testing.assert_array_equal(array.sel(step=[70, 20]), everything[[7, 2]])
    np.testing.assert_array_equal(array[5:5], everything[5:5])
    tanh = layers[0].edges(QUANTITIES[ACTIVATION])
    np.testing.assert_array_equal(array.left[0, :-3], tanh[:-1])
    np.testing.assert_array_equal(array.right[0, :-3], tanh[1:])
    np.testing.assert_array_equal(array.left[0, -3:], [-np.inf, np.inf, np.nan])


def test_histograms_are_read_when_used(write):
    path = write(records=3)
    array = open_run(path).histogram("activation")
    (path / "histogram" / "c.0.0.0.0").unlink()

    assert array.isel(layer=1).shape == (3, BIN_COUNT)
    with pytest.raises(RunError, match="the file is missing"):
        array.isel(layer=1).load()


def test_reading_one_histogram_reads_one_chunk(write):
    path = write(records=45)
    run = open_run(path)
    chunks = sorted((path / "histogram").glob("c.*"))
    assert len(chunks) == 3
    for chunk in chunks[:-1]:
        chunk.unlink()

    assert run.read_histogram("weight", -1).shape == (3, BIN_COUNT)


def test_metrics_have_their_own_steps(tmp_path, layers):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        writer.log(5, {"loss": 3.0})
        writer.flush()
        writer.log(5, {"probe_loss": 4.0})
        writer.log(9, {"loss": np.float32(0.5), "lr": np.nan})
        writer.flush()
        writer.log(9, {"val_loss": 2.0, "loss": 0.25})
        writer.log(9, {})

    metrics = open_run(tmp_path / "run").metrics()

    found = {
        name: (steps.tolist(), values.tolist())
        for name, (steps, values) in metrics.items()
    }
    assert str(found["lr"]) == "([9], [nan])"
    assert found | {"lr": None} == {
        "loss": ([5, 9], [3.0, 0.25]),
        "probe_loss": ([5], [4.0]),
        "lr": None,
        "val_loss": ([9], [2.0]),
    }


def test_many_rows_of_metrics(tmp_path, layers):
    steps = range(2 * LOG_ROWS + 1)
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in steps:
            writer.log(step, {"loss": step / 2})
            if step in (LOG_ROWS - 1, LOG_ROWS, 2 * LOG_ROWS - 1):
                writer.flush()
                writer.log(step, {"error": 1.0})

    metrics = open_run(tmp_path / "run").metrics()

    assert metrics["loss"][0].tolist() == [*steps]
    assert metrics["loss"][1].tolist() == [step / 2 for step in steps]
    assert len(metrics["error"][0]) == 3


def test_a_network_of_many_layers(tmp_path):
    layers = [Layer(f"hidden_{i}", "Dense", "tanh", 9, 9) for i in range(100)]
    shape = len(QUANTITIES), len(layers)
    measurement = Measurement(
        np.zeros((*shape, len(STATISTICS)), np.float32),
        np.ones((*shape, BIN_COUNT), np.uint32),
    )
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(3):
            writer.record(step, measurement)

    run = open_run(tmp_path / "run")

    assert run.read_histogram("activation", 2).sum() == 100 * BIN_COUNT
    assert len([*(tmp_path / "run.zarr" / "histogram").glob("c.*")]) == 3


def test_runs_at_urls(layers, measure):
    url = "memory://runs/tanh"
    with RunWriter(url, layers=layers) as writer:
        writer.record(0, measure(0))
        writer.log(0, {"loss": 1.0})

    run = open_run(url)

    assert run.path == "memory://runs/tanh.zarr"
    assert run.name == "tanh"
    np.testing.assert_array_equal(
        run.read_histogram("weight", 0), measure(0).histogram[WEIGHT]
    )
    assert xarray.open_zarr(run.path).sizes["step"] == 1
    assert not run.refresh()
    fsspec.filesystem("memory").rm("/runs", recursive=True)


def test_file_urls_are_local_paths(write):
    path = write("with space")

    assert open_run(path.as_uri()).steps.tolist() == [0, 10, 20]


numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False).map(abs)
).filter(lambda value: value != float("inf"))


@settings(max_examples=30, deadline=None)
@given(
    hyperparameters=st.dictionaries(st.text(st.characters(codec="utf-8")), numbers),
    steps=st.lists(st.integers(0, 2**62), unique=True, max_size=8).map(sorted),
    flushes=st.sets(st.integers(0, 7)),
)
def test_any_run_round_trips(hyperparameters, steps, flushes):
    layer = Layer("a", "Dense", None, 1, 1)
    statistics = np.arange(len(QUANTITIES) * len(STATISTICS), dtype=np.float32)
    histogram = np.arange(len(QUANTITIES) * BIN_COUNT, dtype=np.uint32)
    with tempfile.TemporaryDirectory() as folder:
        with RunWriter(
            f"{folder}/run", layers=[layer], hyperparameters=hyperparameters
        ) as writer:
            for record, step in enumerate(steps):
                measurement = Measurement(
                    statistics.reshape(len(QUANTITIES), 1, -1) + record,
                    histogram.reshape(len(QUANTITIES), 1, -1) + record,
                )
                writer.record(step, measurement)
                if record in flushes:
                    writer.flush()
        run = open_run(f"{folder}/run")

        assert run.hyperparameters == hyperparameters
        assert run.steps.tolist() == steps
        for record in range(len(steps)):
            counts = run.read_histogram(QUANTITIES[0], record)
            assert counts[0, :2].tolist() == [record, record + 1]
        means = run.read_statistics(QUANTITIES[0], STATISTICS[0])
        assert means[:, 0].tolist() == [*range(len(steps))]
