"""Runs of version 1 of the format: reading and resuming them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray

from keras_xavier.runs import RunWriter, find_runs, open_run
from keras_xavier.runs.array_forms import VERSION
from keras_xavier.statistics import STATISTICS, Measurement

SAMPLES = Path(__file__).parents[2] / "gui/keras_xavier_gui/samples"


@pytest.fixture
def old(tmp_path):
    """A run of version 1."""
    return Path(shutil.copytree(SAMPLES / "tanh-standard.zarr", tmp_path / "old.zarr"))


def contents(run):
    return {
        "steps": run.steps,
        "times": run.wall_times,
        **{one: run.read_several(one, run.statistic_names) for one in run.quantities},
        "histograms": np.concatenate([*run.read_records("histogram")]),
        **{
            f"{name} {i}": run.metrics()[name][i]
            for name in run.metrics()
            for i in (0, 1)
        },
    }


def test_reading_version_1(old):
    run = open_run(old)
    found = xarray.open_zarr(old)

    assert found.attrs["version"] == 1
    assert run.steps.tolist() == found.step.values.tolist()
    assert (run.missing, run.damage, run.reason) == (0, None, None)
    losses = found.metrics.sel(metric="loss").dropna("metric_step")
    assert run.metrics()["loss"][0].tolist() == losses.metric_step.values.tolist()
    assert run.metrics()["loss"][1].tolist() == losses.values.tolist()
    (summary,) = find_runs(old)
    assert summary.last_step == run.last_step == run.steps[-1]
    assert not run.refresh()


def test_resuming_version_1(old):
    before = open_run(old)
    expected = contents(before)
    shape = len(before.quantities), len(before.layers)
    one = Measurement(
        np.ones((*shape, len(STATISTICS)), np.float32),
        np.ones((*shape, expected["histograms"].shape[-1]), np.uint32),
    )
    last = before.last_step
    with RunWriter(old, layers=before.layers, mode="resume") as writer:
        writer.record(last + 1, one)
        writer.log(last + 1, {"loss": float("nan")})

    run = open_run(old)
    found = contents(run)

    assert run.steps.tolist() == [*expected["steps"], last + 1]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name][: len(values)], values)
    assert (found["histograms"][-1] == 1).all()
    assert np.isnan(run.metrics()["loss"][1][-1])
    assert xarray.open_zarr(old).attrs["version"] == VERSION
    assert not (old / "metrics").exists()


@pytest.mark.parametrize("array", ["histogram", "step", "metrics"])
def test_damage_in_version_1(old, array):
    chunks = sorted((old / array).glob("c.*"), key=lambda f: int(f.name.split(".")[1]))
    chunks[-1].write_bytes(b"")
    run = open_run(old)
    assert array == "metrics" or run.missing
    expected = contents(run)
    if array != "metrics":
        with pytest.warns(RuntimeWarning, match="cannot be read"):
            RunWriter(old, layers=run.layers, mode="resume").close()
        found = contents(open_run(old))
        assert all(np.array_equal(found[name], expected[name]) for name in ("steps",))
        np.testing.assert_array_equal(found["histograms"], expected["histograms"])
        assert open_run(old).damage is None
