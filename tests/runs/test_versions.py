"""Runs of earlier versions of the format: reading and resuming them.

The runs in `formats` were recorded by the versions of this package that wrote them.
"""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import xarray

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunError, RunWriter, codec, find_runs, open_run
from keras_xavier.runs.array_forms import VERSION
from keras_xavier.runs.linked_tables import METRIC_VALUES_1
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    Layer,
    Measurement,
    Quantity,
    Role,
)

INPUT = Layer("input:features", "Input", None, 6, 0, role=Role.INPUT)
BIAS = Layer("hidden_1/bias", "Dense", None, 5, 5, role=Role.BIAS)


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


def measurement(layers):
    """A measurement of today: each value differs."""
    shape = len(QUANTITIES), len(layers), len(STATISTICS)
    bins = len(QUANTITIES), len(layers), BIN_COUNT
    units = len(layers), UNIT_LIMIT, 4
    return Measurement(
        np.arange(np.prod(shape), dtype=np.float32).reshape(shape),
        np.arange(np.prod(bins), dtype=np.uint32).reshape(bins),
        units=np.arange(np.prod(units), dtype=np.float32).reshape(units),
    )


def test_reading(old):
    run = open_run(old)
    found = xarray.open_zarr(old)

    assert run.steps.tolist() == found.step.values.tolist() == [0, 2, 4, 6, 8, 9]
    assert (run.missing, run.damage) == (0, None)
    np.testing.assert_array_equal(
        run.statistics("weight", "std"),
        found.statistics.sel(quantity="weight", statistic="std"),
    )
    assert len(run.metrics()["loss"][0]) >= 2
    assert run.statistic_names == STATISTICS[:12]
    assert {layer.role for layer in run.layers} == {Role.LAYER}
    assert run.unit_steps.tolist() == []
    assert run.units()["mean"].shape == (0, 4, 5)
    assert run.read_units(1).shape == (0, 5, 4)
    (summary,) = find_runs(old)
    assert summary.last_step == run.last_step == run.steps[-1]
    assert not run.refresh()


def test_resuming_keeps_rows_and_statistics_of_the_run(old):
    before = open_run(old)
    expected = contents(before)
    layers = (INPUT, *before.layers[:1], BIAS, *before.layers[1:])
    one = measurement(layers)
    with RunWriter(old, layers=layers, mode="resume") as writer:
        assert writer.wants_units(11)
        writer.record(11, one)
        writer.log(11, {"loss": float("nan")})

    run = open_run(old)
    found = contents(run)

    rows = [1, 3, 4, 5]
    assert run.layers == before.layers
    assert before.steps.tolist() == expected["steps"].tolist()
    assert run.statistic_names == before.statistic_names
    assert run.steps.tolist() == [*expected["steps"], 11]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name][: len(values)], values)
    np.testing.assert_array_equal(found["histograms"][-1], one.histogram[:, rows])
    for i, quantity in enumerate(QUANTITIES):
        np.testing.assert_array_equal(found[quantity][-1], one.statistics[i, rows, :12])
    assert np.isnan(run.metrics()["loss"][1][-1])
    assert run.unit_steps.tolist() == [11]
    for i, row in enumerate(rows):
        units = one.units[row, : before.layers[i].units]
        np.testing.assert_array_equal(run.read_units(i)[0], units)
    stored = xarray.open_zarr(old)
    assert stored.attrs["version"] == VERSION
    assert stored["units"].shape == (1, 4, 5, 4)
    assert not (old / "metrics").exists()
    assert before.refresh()
    assert before.unit_steps.tolist() == [11]
    np.testing.assert_array_equal(contents(before)["steps"], found["steps"])
    RunWriter(old, layers=layers, mode="resume").close()
    assert contents(open_run(old)).keys() == found.keys()


def test_layers_that_the_run_lacks_are_named(old):
    layers = open_run(old).layers
    added = Layer("add", "Add", None, 5, 0)
    with pytest.warns(RuntimeWarning, match=r"earlier version.*no rows for .*add"):
        RunWriter(old, layers=(*layers, added), mode="resume").close()
    assert open_run(old).layers == layers


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "other"}, "the model has no hidden_1"),
        (
            {"units": 6, "parameters": 42},
            "the units of hidden_1 are 5 in the run and 6 in the model",
        ),
        ({"kind": "Conv1D"}, "the kind of hidden_1 is Dense in the run and Conv1D in"),
        (
            {"activation": "relu"},
            "the activation of hidden_1 is tanh in the run and relu in",
        ),
        ({"upper": np.inf}, "hidden_1 have other bounds, and so other bins"),
        ({"absent": {Quantity.ACTIVATION: "none"}}, "hidden_1 has no activation any"),
    ],
)
def test_another_model_is_refused(old, change, named):
    before = (old / "zarr.json").read_bytes()
    first, *others = open_run(old).layers
    with pytest.raises(RunError, match=f"its layers are hidden_1, .*{named}"):
        RunWriter(old, layers=[replace(first, **change), *others], mode="resume")
    assert (old / "zarr.json").read_bytes() == before


def test_facts_that_earlier_versions_did_not_know_are_no_difference(old):
    layers = open_run(old).layers
    relu, named = layers[2], replace(layers[1], activation="linear")
    known = replace(relu, lower=-1.0, absent={Quantity.WEIGHT_GRADIENT: "frozen"})
    assert relu.lower == 0
    RunWriter(old, layers=[layers[0], named, known, layers[3]], mode="resume").close()
    assert open_run(old).layers == layers


def test_bounds_and_units_that_an_earlier_version_did_not_know(old):
    first, normalization, *others = open_run(old).layers
    # As of a relu6 over channels that come first.
    row = replace(normalization, activation="relu6", units=7, lower=0.0, upper=6.0)
    now = first, row, *others
    one = measurement(now)
    why = "no further histograms of the activations of normalization, whose bounds"
    with (
        pytest.warns(RuntimeWarning, match=f"earlier version.*{why}"),
        RunWriter(old, layers=now, mode="resume") as writer,
    ):
        writer.record(11, one)

    run = open_run(old)
    assert run.layers[1] == replace(normalization, units=7)
    assert run.read_histogram("activation", 0).any(axis=1).all()
    expected = one.histogram[QUANTITIES.index("activation")].copy()
    expected[1] = 0
    np.testing.assert_array_equal(run.read_histogram("activation", -1), expected)
    found = run.read_several("activation", run.statistic_names)[-1]
    np.testing.assert_array_equal(
        found, one.statistics[QUANTITIES.index("activation"), :, :12]
    )
    np.testing.assert_array_equal(run.read_units(1)[0], one.units[1, :7])


def test_a_quantity_that_is_now_measured_is_added(write, layers):
    path = write()
    assert Quantity.PREACTIVATION in open_run(path).layers[2].absent
    now = replace(layers[2], absent={})
    RunWriter(path, layers=(*layers[:2], now), mode="resume").close()
    assert open_run(path).layers[2].absent == {}


@pytest.mark.parametrize("array", ["histogram", "step", "metrics"])
def test_damage_in_version_1(earlier_run, array):
    old = earlier_run(1)
    (chunk,) = (old / array).glob("c.*")
    chunk.write_bytes(b"")
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


def test_metrics_of_a_forged_run_take_bounded_memory(earlier_run):
    old = earlier_run(1)
    rows = 1024 * 64
    root = json.loads((old / "zarr.json").read_text())
    root["attributes"]["metrics"] = [str(i) for i in range(128)]
    arrays = root["consolidated_metadata"]["metadata"]
    arrays["metric"]["shape"] = [128]
    arrays["metrics"]["shape"], arrays["metric_step"]["shape"] = [rows, 128], [rows]
    (old / "zarr.json").write_text(json.dumps(root))
    values = codec.encode(np.ones((1024, 128)))
    for i in range(rows // 1024):
        steps = codec.encode(np.arange(1024) + 1024 * i)
        (old / "metric_step" / f"c.{i}").write_bytes(steps)
        (old / "metrics" / f"c.{i}.0").write_bytes(values)
    run = open_run(old)

    tracemalloc.start()
    try:
        with pytest.raises(RunError, match=f"more than {METRIC_VALUES_1:,} values"):
            run.metrics()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**28
