import os
import shutil

import numpy as np

from keras_xavier.runs import Run, State
from keras_xavier_gui.sources.listing import list_runs, natural
from keras_xavier_gui.sources.paths import find_source, is_within
from keras_xavier_gui.sources.run_cache import RunCache


def no_report(error):
    """No unexpected exception may occur."""
    raise error


def test_numbers_in_names_are_sorted_by_value():
    assert sorted(["run10", "run9", "run"], key=natural) == ["run", "run9", "run10"]


def test_a_source_is_found_with_and_without_its_suffix(tmp_path):
    run = tmp_path / "tanh.zarr"
    (run / "step").mkdir(parents=True)
    for typed in (run, tmp_path / "tanh", run / "step", f"{run}{os.sep}"):
        assert find_source(str(typed)) == str(run)
    assert find_source(str(tmp_path)) == str(tmp_path)


def test_a_source_need_not_exist_but_must_not_be_a_file(tmp_path):
    later = tmp_path / "later"
    assert find_source(str(later)) == str(later)
    file = tmp_path / "notes.txt"
    file.write_text("")
    assert find_source(str(file)) is None
    assert find_source("s3://bucket/runs") == "s3://bucket/runs"


def test_a_run_is_within_its_folder_and_itself_only():
    folder = os.path.join(os.sep, "runs")
    run = os.path.join(folder, "tanh.zarr")
    assert is_within(run, folder)
    assert is_within(run, run)
    assert is_within(run, os.sep)
    assert not is_within(f"{folder}-old", folder)


def test_runs_are_listed_once_with_their_path_in_the_folder(simulation, tmp_path):
    for name in ("a10", "a9", "deep/b"):
        simulation.write(str(tmp_path / name), records=1)
    run = str(tmp_path / "a9.zarr")
    listing = list_runs([str(tmp_path), run, str(tmp_path / "absent")])
    labels = [entry.label for entry in listing.entries]
    assert labels == ["a9", "a10", os.path.join("deep", "b")]
    absent = str(tmp_path / "absent")
    assert listing.missing == {absent: f"{absent} does not exist."}
    assert [entry.label for entry in list_runs([run]).entries] == ["a9"]


def test_runs_with_the_same_name_are_distinguished(simulation, tmp_path):
    for name in ("monday/tanh", "tuesday/tanh", "tuesday/relu"):
        simulation.write(str(tmp_path / name), records=1)
    listing = list_runs([str(tmp_path / "monday"), str(tmp_path / "tuesday")])
    labels = [entry.label.replace(os.sep, "/") for entry in listing.entries]
    assert labels == ["monday/tanh", "relu", "tuesday/tanh"]


def test_the_version_changes_with_new_records_only(simulation, tmp_path):
    path = str(tmp_path / "run.zarr")
    writer = simulation.write(path, records=2, close=False)
    run_cache = RunCache(no_report)
    (first,) = run_cache.refresh([path])
    (second,) = run_cache.refresh([path])
    assert first.version == second.version
    assert first.outputs == second.outputs == {len(first.layers) - 1}
    assert list(first.steps) == [0, 100]
    table = simulation.layers_of(4)
    writer.record(200, simulation.measure(table, 200, np.random.default_rng(1)))
    writer.flush()
    (third,) = run_cache.refresh([path])
    assert third.version > second.version
    assert list(third.steps) == [0, 100, 200]
    writer.close()
    (last,) = run_cache.refresh([path])
    assert last.state is State.FINISHED


def test_a_run_that_vanishes_and_comes_back_is_read_again(simulation, tmp_path):
    path = str(tmp_path / "run.zarr")
    simulation.write(path, records=2)
    run_cache = RunCache(no_report)
    (before,) = run_cache.refresh([path])
    shutil.rmtree(path)
    (without,) = run_cache.refresh([path])
    assert without.state is State.BROKEN
    assert without.is_missing
    assert not without.is_damaged
    read = run_cache.read([path], lambda run: run.steps)
    assert (read.found, [*read.problems]) == ({}, [path])
    simulation.write(path, records=3, layers=2)
    (after,) = run_cache.refresh([path])
    assert after.version > before.version
    assert len(after.steps) == 3
    assert len(after.layers) == 3


def test_only_the_requested_runs_are_read(simulation, tmp_path):
    paths = [str(tmp_path / f"{name}.zarr") for name in "ab"]
    for records, path in enumerate(paths, 1):
        simulation.write(path, records=records)
    read = RunCache(no_report).read(paths, lambda run: len(run.steps))
    assert read.found == dict(zip(paths, [1, 2], strict=True))
    assert not read.problems


def test_an_unexpected_exception_does_not_affect_other_runs(
    simulation, tmp_path, monkeypatch
):
    paths = [str(tmp_path / f"{name}.zarr") for name in "ab"]
    for records, path in enumerate(paths, 1):
        simulation.write(path, records=records)
    reported = []
    run_cache = RunCache(reported.append)
    read = run_cache.read(paths, lambda run: 1 / (len(run.steps) - 1))
    assert read.found == {paths[1]: 1.0}
    assert (read.problems, read.unexpected) == ({}, (paths[0],))
    assert "button" in read.reasons[paths[0]]
    assert [type(error) for error in reported] == [ZeroDivisionError]
    steps = Run.steps.fget
    monkeypatch.setattr(
        Run, "steps", property(lambda run: 1 / 0 if run.name == "a" else steps(run))
    )
    first, second = run_cache.refresh(paths)
    assert (first.state, second.state) == (State.BROKEN, State.FINISHED)
    assert [type(error) for error in reported] == [ZeroDivisionError] * 2
