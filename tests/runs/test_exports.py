"""Exports to CSV, Parquet and NetCDF, read back by other programs."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray

from keras_xavier.cli import main
from keras_xavier.cli.export import FORMATS
from keras_xavier.cli.export import TABLES as TABLE_CHOICES
from keras_xavier.histogram_bins import bin_bounds
from keras_xavier.runs import RunError, RunWriter, export_run, open_run
from keras_xavier.runs.exports import TABLES, Format, infer_format
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_STATISTICS,
    Layer,
    Quantity,
    Role,
)

RECORDS = 40
"""More records than a chunk of histograms holds."""


@pytest.fixture
def run(write):
    return open_run(
        write(records=RECORDS, hyperparameters={"learning_rate": 0.1, "tag": "ü"})
    )


def read(path):
    return pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_statistics_round_trip(run, tmp_path, ending):
    table = read(export_run(run, tmp_path / f"run.{ending}"))
    # In each record, the output layer lacks one quantity.
    assert len(table) == RECORDS * (6 * 3 - 1)
    assert table["step"].is_monotonic_increasing
    for quantity in QUANTITIES:
        rows = table[table["quantity"] == quantity]
        for statistic in STATISTICS:
            expected = run.read_statistics(quantity, statistic)
            for i, layer in enumerate(run.layers):
                found = rows[rows["layer"] == layer.name][statistic]
                if quantity in layer.absent:
                    assert found.empty
                else:
                    np.testing.assert_array_equal(
                        found.to_numpy(np.float32), expected[:, i]
                    )
    hidden = table[(table["layer"] == "hidden_1") & (table["quantity"] == "weight")]
    np.testing.assert_array_equal(hidden["step"], run.steps)
    np.testing.assert_array_equal(hidden["wall_time"], run.wall_times)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_histograms_keep_their_edges_and_counts(run, tmp_path, ending):
    path = export_run(run, tmp_path / f"run.{ending}", table="histograms")
    table = read(path)
    assert (table["count"] > 0).all()
    expected = run.read_histogram("activation", 3)[0]
    rows = table[
        (table["step"] == run.steps[3])
        & (table["quantity"] == "activation")
        & (table["layer"] == "hidden_1")
    ]
    left, right = bin_bounds(run.edges("activation")[0])
    filled = expected > 0
    np.testing.assert_array_equal(rows["count"], expected[filled])
    np.testing.assert_array_equal(rows["left"], left[filled])
    np.testing.assert_array_equal(rows["right"], right[filled])
    total = sum(run.read_histogram(q, r).sum() for q in QUANTITIES for r in range(40))
    assert table["count"].sum() == total


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_metrics_round_trip(run, tmp_path, ending):
    table = read(export_run(run, tmp_path / f"run.{ending}", table="metrics"))
    steps, values = run.metrics()["loss"]
    assert set(table["metric"]) == {"loss"}
    np.testing.assert_array_equal(table["step"], steps)
    np.testing.assert_array_equal(table["value"], values)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("table", TABLES)
def test_a_run_without_records_exports_an_empty_table(write, tmp_path, ending, table):
    run = open_run(write(records=0))
    found = read(export_run(run, tmp_path / f"empty.{ending}", table=table))
    assert len(found) == (3 if table == "layers" else 0)
    assert ("step" in found.columns) == (table != "layers")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_units_round_trip(run, tmp_path, ending):
    table = read(export_run(run, tmp_path / f"run.{ending}", table="units"))
    assert len(table) == len(run.unit_steps) * (20 + 20 + 9)
    for i, layer in enumerate(run.layers):
        rows = table[table["layer"] == layer.name]
        assert rows["unit"].tolist() == [*range(layer.units)] * len(run.unit_steps)
        np.testing.assert_array_equal(
            rows[[*UNIT_STATISTICS]].to_numpy(np.float32),
            run.read_units(i).reshape(-1, 4),
        )
        assert rows["step"].unique().tolist() == run.unit_steps.tolist()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_layer_table_is_exported(tmp_path, layers, ending):
    layers = (
        Layer("input:x", "Input", None, 8, 0, role=Role.INPUT),
        *layers,
        Layer("=1", "Dense", None, 8, 0, counted={Quantity.WEIGHT: (5, 10)}),
    )
    RunWriter(tmp_path / "run", layers=layers).close()
    run = open_run(tmp_path / "run")
    found = read(export_run(run, tmp_path / f"layers.{ending}", table="layers"))
    assert found["role"].tolist() == [layer.role for layer in layers]
    assert found["units"].tolist() == [layer.units for layer in layers]
    assert found["upper"].tolist() == [layer.upper for layer in layers]
    assert found["kind"].tolist() == [layer.kind for layer in layers]
    assert json.loads(found["absent"][3]) == {
        "preactivation": "softmax is not elementwise"
    }
    assert json.loads(found["counted"][4]) == {"weight": [5, 10]}


def test_parquet_has_the_metadata_of_the_run(run, tmp_path):
    from pyarrow import parquet

    metadata = parquet.read_schema(export_run(run, tmp_path / "run.parquet")).metadata
    assert json.loads(metadata[b"keras-xavier hyperparameters"])["tag"] == "ü"


def test_netcdf_contains_the_whole_run(run, tmp_path):
    path = export_run(run, tmp_path / "run.nc")
    with (
        xarray.open_dataset(path, engine="h5netcdf") as found,
        xarray.open_zarr(run.path) as expected,
    ):
        assert {**found.sizes, "metric_step": 40} == found.sizes
        for name in ("step", "quantity", "layer", "statistic", "bin", "metric"):
            assert found.sizes[name] == expected.sizes[name]
        for name in (*expected.coords, "statistics", "histogram"):
            np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
            assert found[name].dims == expected[name].dims
        assert found["histogram"].dtype == np.uint32
        np.testing.assert_array_equal(found["units"], expected["units"])
        assert found["units"].dims == expected["units"].dims
        np.testing.assert_array_equal(
            found["unit_index"], run.units(role=None)["index"]
        )
        assert found["role"].values.tolist() == ["layer"] * 3
        np.testing.assert_array_equal(found["wall_time"], expected["wall_time"])
        for name, (steps, values) in run.metrics().items():
            column = found["metrics"].sel(metric=name, metric_step=steps)
            np.testing.assert_array_equal(column, values)
        for side, bounds in zip(
            ("left", "right"), bin_bounds(expected["bin_edges"].to_numpy()), strict=True
        ):
            np.testing.assert_array_equal(found[side], bounds)
        assert json.loads(found.attrs["hyperparameters"]) == run.hyperparameters
        std = found["statistics"].sel(quantity="activation", statistic="std")
        np.testing.assert_array_equal(std, run.read_statistics("activation", "std"))


def test_netcdf_of_a_run_without_records(write, tmp_path):
    path = export_run(open_run(write(records=0)), tmp_path / "empty.nc")
    with xarray.open_dataset(path, engine="h5netcdf") as found:
        assert found["layer"].values.tolist() == ["hidden_1", "hidden_2", "output"]
        assert "statistics" not in found


def test_malicious_names_are_escaped(tmp_path):
    names = ("=1+2", "\n=1+3", " @a", 'a,"b"\nc', "nul\0", "<b>", "")
    layers = [Layer(name, "Dense", None, 1, 1) for name in names]
    from keras_xavier.histogram_bins import BIN_COUNT
    from keras_xavier.statistics import Measurement

    with RunWriter(tmp_path / "strange", layers=layers) as writer:
        shape = len(QUANTITIES), len(layers)
        counts = np.ones((*shape, BIN_COUNT), np.uint32)
        ones = np.ones((*shape, len(STATISTICS)), np.float32)
        writer.record(0, Measurement(ones, counts))
        writer.log(0, {"@loss": 1.0})
    run = open_run(tmp_path / "strange")
    table = read(export_run(run, tmp_path / "strange.parquet"))
    assert set(table["layer"]) == {*names}
    text = export_run(run, tmp_path / "strange.csv").read_text()
    assert "'=1+2" in text
    assert "'\n=1+3" in text
    assert "' @a" in text
    with xarray.open_dataset(
        export_run(run, tmp_path / "strange.nc"), engine="h5netcdf"
    ) as found:
        assert found["layer"].values.tolist()[4:] == ["nul\ufffd", "<b>", ""]


@pytest.mark.parametrize("name", ["run.csv", "run.parquet", "run.nc", "folder"])
def test_existing_files_are_replaced_on_request_only(run, tmp_path, name):
    target = export_run(run, tmp_path / name)
    with pytest.raises(FileExistsError, match="overwrite"):
        export_run(run, target)
    assert export_run(run, target, overwrite=True) == target


def test_a_failed_export_keeps_the_existing_file(run, tmp_path):
    target = tmp_path / "run.csv"
    target.write_text("before")
    for chunk in (tmp_path / "run.zarr" / "statistics").glob("c*"):
        chunk.write_bytes(b"damaged")
    with pytest.raises(RunError, match="statistics"):
        export_run(run, target, overwrite=True)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.csv", "run.zarr"]


def test_a_folder_with_other_files_is_not_replaced(run, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("1")
    with pytest.raises(FileExistsError, match=r"chapter\.tex"):
        export_run(run, tmp_path / "thesis", overwrite=True)


def test_formats_are_inferred_from_endings():
    assert infer_format("a/b.CSV") is Format.CSV
    assert infer_format("logs/tanh") is Format.TENSORBOARD
    with pytest.raises(ValueError, match=r"\.parquet"):
        infer_format("run.xlsx")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"target": "run.xlsx"}, "xlsx"),
        ({"target": "run.nc", "table": "metrics"}, "csv, parquet"),
        ({"target": "run.csv", "table": "weights"}, "histograms"),
        ({"target": "run.csv", "format": "hdf"}, "netcdf"),
        ({"target": "s3://bucket/run.csv"}, "local path"),
    ],
)
def test_errors_list_the_allowed_values(run, options, named):
    with pytest.raises(ValueError, match=named):
        export_run(run, **options)


@pytest.mark.parametrize(
    ("format_", "package"),
    [("parquet", "pyarrow"), ("netcdf", "h5netcdf"), ("tensorboard", "tensorboard")],
)
def test_a_missing_package_names_the_extra(run, tmp_path, format_, package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from keras_xavier.cli import main\n"
        f"sys.exit(main(['export', {run.path!r}, '-o', {str(tmp_path / 'out')!r}, "
        f"'--format', {format_!r}]))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 1
    assert package in finished.stderr
    assert "pip install 'keras-xavier[export]'" in finished.stderr
    assert not (tmp_path / "out").exists()


def test_the_command_lists_all_formats():
    assert tuple(Format) == FORMATS
    assert tuple(TABLES) == TABLE_CHOICES


def test_the_export_command(run, tmp_path, capsys):
    target = tmp_path / "deep" / "run.csv"
    arguments = ["export", run.path, "-o", str(target), "--table", "metrics"]
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{target}\n"
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "Use --overwrite to replace it" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0
    assert main(["export", str(tmp_path / "none"), "-o", str(tmp_path / "x.nc")]) == 1
    with pytest.raises(SystemExit) as exit_:
        main(["export", run.path, "-o", "run.xlsx"])
    assert exit_.value.code == 2
    assert "choose a --format" in capsys.readouterr().err
