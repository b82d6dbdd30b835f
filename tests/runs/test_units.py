"""Statistics of single units: which records have them, and reading them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunChangedError, RunWriter, open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Role,
    unit_indices,
)

TABLES = st.lists(
    st.tuples(st.integers(0, 600), st.sampled_from(Role)), min_size=1, max_size=4
)
STEPS = st.lists(st.integers(0, 10**6), unique=True, max_size=60).map(sorted)


def measurement(layers, step, *, units=True):
    """A measurement that depends on the step only."""
    random = np.random.default_rng(step)
    shape = len(QUANTITIES), len(layers)
    values = np.full((len(layers), UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan, "f4")
    for row, layer in zip(values, layers, strict=True):
        row[: layer.units] = random.normal(size=row[: layer.units].shape)
    return Measurement(
        random.normal(size=(*shape, len(STATISTICS))).astype("f4"),
        np.zeros((*shape, BIN_COUNT), np.uint32),
        units=values if units else None,
    )


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(table=TABLES, steps=STEPS, cut=st.integers(0, 60))
def test_what_is_written_is_read(tmp_path_factory, table, steps, cut):
    layers = [
        Layer(str(i), "Dense", "tanh", units, 0, role=role)
        for i, (units, role) in enumerate(table)
    ]
    path = tmp_path_factory.mktemp("units") / "run"
    due = []
    for part, mode in ((steps[:cut], "create"), (steps[cut:], "resume")):
        with RunWriter(path, layers=layers, mode=mode) as writer:
            for step in part:
                if writer.wants_units(step):
                    due.append(step)
                writer.record(step, measurement(layers, step))

    run = open_run(path)
    assert run.steps.tolist() == steps
    assert run.unit_steps.tolist() == due
    assert len(due) >= min(len(steps), 16)
    assert all(b >= 1.05 * a for a, b in pairwise(due[15:]))
    found = run.units(role=None)
    assert found["step"].values.tolist() == due
    assert found["role"].values.tolist() == [role for _, role in table]
    for i, layer in enumerate(layers):
        assert run.layers[i].role is layer.role
        indices = unit_indices(layer.units)
        expected = np.empty((len(due), len(indices), 4), np.float32)
        for record, step in enumerate(due):
            expected[record] = measurement(layers, step).units[i, : len(indices)]
        np.testing.assert_array_equal(run.read_units(i), expected)
        row = found.isel(layer=i)
        inside = row["index"] >= 0
        assert row["index"][inside].values.tolist() == indices.tolist()
        for column, name in enumerate(UNIT_STATISTICS):
            values = row[name].values
            np.testing.assert_array_equal(values[:, inside], expected[..., column])
            assert np.isnan(values[:, ~inside]).all()


def test_selecting_with_xarray_reads_the_same_values(write):
    run = open_run(write(records=9))
    whole = run.units(role=None)["std"].values
    for key in (3, -1, slice(2, 7, 2), slice(None, None, -2), slice(0, 0)):
        np.testing.assert_array_equal(run.units(role=None)["std"][key], whole[key])
    chosen = run.units(role=None)["std"].sel(layer="hidden_2", step=30)
    np.testing.assert_array_equal(chosen, whole[3, 1])


def test_any_zarr_library_reads_units(write, measure):
    path = write(records=5)
    found = xarray.open_zarr(path)
    assert found["units"].dims == ("unit_step", "layer", "unit", "unit_statistic")
    assert found["units"].shape == (5, 3, 20, 4)
    assert found["unit_step"].values.tolist() == [0, 10, 20, 30, 40]
    assert found["unit_statistic"].values.tolist() == [*UNIT_STATISTICS]
    zero = found["units"].sel(unit_step=20, unit_statistic="zero")
    np.testing.assert_array_equal(zero, measure(20).units[:, :20, 2])


def test_measurements_without_units_are_records_without_units(tmp_path, layers):
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(4):
            assert writer.wants_units(step)
            writer.record(step, measurement(layers, step, units=step == 2))
        wrong = replace(measurement(layers, 5), units=np.zeros((3, 20, 4), np.float32))
        with pytest.raises(ValueError, match=r"units of a measurement must have"):
            writer.record(5, wrong)
    run = open_run(tmp_path / "run")
    assert run.steps.tolist() == [0, 1, 2, 3]
    assert run.unit_steps.tolist() == [2]


def test_a_run_without_units(tmp_path, layers):
    RunWriter(tmp_path / "run", layers=layers).close()
    run = open_run(tmp_path / "run")
    assert run.unit_steps.tolist() == []
    assert run.read_units(2).shape == (0, 9, 4)
    assert run.units(role=None)["mean"].shape == (0, 3, 20)
    assert run.units(role=None)["mean"].values.size == 0
    with pytest.raises(IndexError):
        run.read_units(3)


def test_resuming_drops_later_units(write, layers, measure):
    path = write(records=9)
    before = open_run(path)
    lazy = before.units(role=None)
    with RunWriter(path, layers=layers, mode="resume", resume_from=35) as writer:
        writer.record(36, measure(36))
        writer.flush()
        for read in (lambda: before.read_units(0), lambda: lazy["mean"].load()):
            with pytest.raises(RunChangedError, match="changed since it was read"):
                read()
        assert before.refresh()
    assert before.unit_steps.tolist() == [0, 10, 20, 30, 36]
    np.testing.assert_array_equal(before.read_units(1)[-1], measure(36).units[1, :20])
