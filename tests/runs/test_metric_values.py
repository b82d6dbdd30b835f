"""Metrics: NaN, infinity, many names, and names that cannot be stored."""

import math
import tracemalloc

import numpy as np
import pytest
import xarray

from keras_xavier.runs import RunWriter, export_run, open_run
from keras_xavier.runs.checksums import LOG
from keras_xavier.runs.records import group_metrics
from keras_xavier.runs.schema import METRIC_LIMIT


def values_of(run):
    return {name: values.tolist() for name, (_, values) in run.metrics().items()}


def test_nan_and_infinity_are_values(tmp_path, layers):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        writer.log(0, {"loss": math.nan, "accuracy": 0.5})
        writer.log(1, {"loss": math.inf})
        writer.log(2, {"loss": -math.inf, "accuracy": 0.25})
        writer.log(3, {"val_loss": math.nan})

    run = open_run(tmp_path / "run")

    assert str(values_of(run)) == (
        "{'loss': [nan, inf, -inf], 'accuracy': [0.5, 0.25], 'val_loss': [nan]}"
    )
    assert run.metrics()["accuracy"][0].tolist() == [0, 2]
    found = xarray.open_zarr(run.path)
    losses = found.log_value[found.metric[found.log_metric] == "loss"]
    np.testing.assert_array_equal(losses, [math.nan, math.inf, -math.inf])
    text = export_run(run, tmp_path / "metrics.csv", table="metrics").read_text()
    assert len(text.splitlines()) == 7


@pytest.mark.parametrize("count", [0, 1, 255, 256])
def test_values_of_metrics_without_a_name_do_not_count_for_others(count):
    names = [f"metric_{i}" for i in range(count)]
    rows = np.zeros(3, LOG)
    rows["step"], rows["metric"] = [0, 1, 2], [0, 256, 2**32 - 1]
    found = group_metrics(names, rows)
    assert [*found] == names
    assert [steps.tolist() for steps, _ in found.values()] == [[0], *[[]] * count][
        :count
    ]


def test_many_metrics(tmp_path, layers):
    many = {f"metric_{i}": float(i) for i in range(METRIC_LIMIT + 10)}
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        with pytest.warns(RuntimeWarning, match=r"at most 4,096 metrics.*left out"):
            writer.log(0, {**many, "loss": 1.0})
        writer.log(1, {**many, "loss": 2.0, "val_loss": 3.0})
        writer.log(2, {**many, "another": 3.0, "loss": 4.0})

    found = values_of(open_run(tmp_path / "run"))

    assert len(found) == METRIC_LIMIT
    assert found["loss"] == [1, 2, 4]
    assert found["val_loss"] == [3]
    assert found["metric_0"] == [0, 0, 0]


@pytest.mark.parametrize("name", ["half \ud800", "\0", "x" * 5_000_000, "é" * 5000])
def test_a_name_that_cannot_be_stored_costs_no_record(tmp_path, layers, measure, name):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        with pytest.warns(RuntimeWarning, match="name of a metric cannot be stored"):
            writer.log(0, {name: 1.0, name + "b": 3.0, "loss": 2.0})
        writer.record(0, measure(0))
        writer.flush()
        # There is one warning; a second warning would be an error here.
        writer.log(1, {name: 1.0, "loss": 2.0})
        writer.record(1, measure(1))
    assert writer.dropped == 0
    writer = RunWriter(tmp_path / "run", layers=layers, mode="resume")
    with pytest.warns(RuntimeWarning, match="name of a metric cannot be stored"):
        writer.log(2, {name: 1.0, "loss": 2.0})
    writer.close()

    run = open_run(tmp_path / "run")

    assert run.steps.tolist() == [0, 1]
    assert sorted(map(len, values_of(run).values())) == [1, 3, 3]
    assert values_of(run)["loss"] == [2, 2, 2]
    assert max(map(len, run.metrics())) <= 256


def test_metrics_are_read_in_memory_proportional_to_them(tmp_path, layers):
    rows = 40_000
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(rows):
            writer.log(step, {"loss": step / 2, "accuracy": 0.5})
    run = open_run(tmp_path / "run")

    tracemalloc.start()
    try:
        found = run.metrics()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(found["loss"][0]) == rows
    assert peak < 12 * rows * 2 * 16
