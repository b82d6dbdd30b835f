"""Files that do not belong together: readers show the past or the present."""

import random
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.runs import RunChangedError, RunError, RunWriter, open_run
from keras_xavier.statistics import Measurement

WEIGHT = 3


def other(measurement):
    return Measurement(
        measurement.statistics + 1,
        measurement.histogram + 1,
        units=measurement.units + 1,
    )


def test_a_reader_that_was_opened_before_a_resume(write, layers, measure):
    path = write(records=20)
    run = open_run(path)
    histograms = run.histogram("weight")
    with RunWriter(path, layers=layers, mode="resume", resume_from=90) as writer:
        for step in (91, 92, 93):
            writer.record(step, other(measure(step)))
            writer.log(step, {"loss": -1.0})
        writer.flush()

        assert run.steps.tolist() == [*range(0, 200, 10)]
        for read in (
            lambda: run.read_statistics("weight", "std"),
            lambda: run.read_histogram("weight", 5),
            lambda: run.read_units(0),
            lambda: run.metrics(),
            lambda: histograms.load(),
            lambda: [*run.read_records("histogram")],
        ):
            with pytest.raises(RunChangedError, match="changed since it was read"):
                read()
        assert run.refresh()

    assert run.steps.tolist() == [*range(0, 100, 10), 91, 92, 93]
    found = run.read_histogram("weight", -1)
    np.testing.assert_array_equal(found, other(measure(93)).histogram[WEIGHT])
    assert run.metrics()["loss"][1].tolist()[-3:] == [-1.0] * 3


def test_a_reader_that_was_opened_before_an_overwrite(write, layers, measure):
    path = write(records=3)
    run = open_run(path)
    with RunWriter(path, layers=layers[:2] + layers[2:], mode="overwrite") as writer:
        for step in (0, 10, 20):
            writer.record(step, other(measure(step)))
            writer.log(step, {"loss": -1.0})

    for read in (
        lambda: run.read_statistics("weight", "std"),
        lambda: run.read_histogram("weight", 1),
        lambda: run.read_units(0),
        lambda: run.metrics(),
    ):
        with pytest.raises(RunChangedError):
            read()
    with pytest.raises(RunError, match="was replaced by another run"):
        run.refresh()


def test_late_files_end_the_run_before_them(tmp_path, layers, measure):
    late = tmp_path / "late.zarr"
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(20):
            writer.record(step, measure(step))
            writer.log(step, {"loss": float(step)})
        writer.flush()
        shutil.copytree(writer.path, late)
        run = open_run(late)
        for step in range(20, 24):
            writer.record(step, measure(step))
            writer.log(step, {"loss": float(step)})
        writer.flush()
        names = ("step", "wall_time", "log_step", "unit_step")
        for key in ("zarr.json", *(f"{name}/c.0" for name in names)):
            shutil.copy(f"{writer.path}/{key}", late / key)
        for reader in (run, open_run(late)):
            reader.refresh()
            assert reader.steps.tolist() == [*range(20)]
            assert reader.missing == 4
            assert reader.read_units(2).shape == (20, 9, 4)
            assert not np.isnan(reader.read_statistics("weight", "std")).any()
            assert reader.metrics()["loss"][0].tolist() == [*range(20)]
        assert not run.refresh()

        shutil.copytree(writer.path, late, dirs_exist_ok=True)
        assert run.refresh()
        assert run.steps.tolist() == [*range(24)]
        assert run.damage is None


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_any_mixture_of_two_moments(states, measure, tmp_path_factory, seed):
    chance = random.Random(seed)  # noqa: S311 - no secrets
    first, second = chance.sample(states, 2)
    path = tmp_path_factory.mktemp("mixed") / "run.zarr"
    shutil.copytree(first, path)
    files = sorted(file for file in second.rglob("*") if file.is_file())
    for file in chance.sample(files, chance.randint(1, len(files))):
        shutil.copy(file, path / file.relative_to(second))

    run = open_run(path)
    statistics = run.read_several("weight", run.statistic_names)
    histograms = run.read_histograms("weight", range(run.records))
    resumed = statistics[:, 0, 0] != [
        measure(int(step)).statistics[WEIGHT, 0, 0] for step in run.steps
    ]
    for step, values, counts, later in zip(
        run.steps, statistics, histograms, resumed, strict=True
    ):
        expected = measure(int(step))
        expected = other(expected) if later else expected
        np.testing.assert_array_equal(values, expected.statistics[WEIGHT])
        np.testing.assert_array_equal(counts, expected.histogram[WEIGHT])
    later_steps = {*run.steps[resumed].tolist()}
    assert {*run.unit_steps.tolist()} <= {*run.steps.tolist()}
    for step, values in zip(run.unit_steps.tolist(), run.read_units(0), strict=True):
        expected = measure(step).units[0, :20] + (step in later_steps)
        np.testing.assert_array_equal(values, expected)
    losses = dict(zip(*map(np.ndarray.tolist, run.metrics()["loss"]), strict=True))
    for step, later in zip(run.steps.tolist(), resumed.tolist(), strict=True):
        assert losses.get(step, later) == later
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def states(tmp_path_factory, layers, measure):
    """Copies of one run at several moments, before and after it was resumed."""
    folder = tmp_path_factory.mktemp("states")
    path, found = folder / "run.zarr", []

    def remember():
        found.append(folder / str(len(found)))
        shutil.copytree(path, found[-1])

    with RunWriter(path, layers=layers) as writer:
        for step in range(24):
            writer.record(step, measure(step))
            writer.log(step, {"loss": 0.0})
            if step % 5 == 4:
                writer.flush()
                remember()
    for last in (20, 15, 17):
        with RunWriter(path, layers=layers, mode="resume", resume_from=last) as writer:
            for step in range(last + 1, last + 7):
                writer.record(step, other(measure(step)))
                writer.log(step, {"loss": 1.0})
                if step % 3 == 2:
                    writer.flush()
                    remember()
    return found
