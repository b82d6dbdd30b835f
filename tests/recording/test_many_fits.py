"""Schedules over many fits, and modes of jobs that may be restarted."""

import shutil

import keras
import pytest
import xarray
from four_updates import PROBE, X, Y, both_sources, fit, make_model, statistics

import keras_xavier as kx
from keras_xavier.recording.layer_statistics import LayerStatistics
from keras_xavier.runs import RunError, RunWriter, open_run


@both_sources
def test_the_schedule_alone_decides_over_many_fits(model, run, source):
    callback = statistics(run, source, every=10, first_and_last=False)
    for _ in range(25):
        model.fit(X[:10], Y[:10], batch_size=10, verbose=0, callbacks=[callback])
    stored = open_run(run)
    assert stored.steps.tolist() == [0, 10, 20]
    assert stored.state == "finished"
    assert stored.metrics()["loss"][0].tolist() == [*range(1, 26)]
    assert xarray.open_zarr(stored.path).sizes["step"] == 3


def test_short_fits_leave_the_run_open(model, run, monkeypatch):
    opened = []
    original = RunWriter.__init__

    def counted(self, *args, **options):
        opened.append(options["mode"])
        original(self, *args, **options)

    monkeypatch.setattr(RunWriter, "__init__", counted)
    monkeypatch.setattr("keras_xavier.recording.run_recorder.LINGER_SECONDS", 60.0)
    callback = LayerStatistics(run, every=5, first_and_last=False)
    for _ in range(10):
        model.fit(X[:10], Y[:10], batch_size=10, verbose=0, callbacks=[callback])
    assert opened == ["create", "resume"]
    stored = open_run(run)
    assert (stored.state, stored.steps.tolist()) == ("finished", [0, 5])


def test_the_schedule_begins_at_the_step_of_the_model(model, run):
    fit(model)
    callback = LayerStatistics(run, every=5, first_and_last=False)
    fit(model, callback)
    assert open_run(run).steps.tolist() == [10, 15]


@both_sources
def test_a_job_that_may_be_restarted(run, source, tmp_path):
    model = make_model()
    fit(model, statistics(run, source, mode="resume_or_create"), epochs=1)
    model.save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras")
    fit(loaded, statistics(run, source, mode="resume_or_create"), epochs=1)
    assert int(open_run(run).steps[-1]) == 8 - (source == "batch")
    identity = open_run(run)
    # Restarted before the model was saved.
    with pytest.warns(RuntimeWarning, match="starts over"):
        fit(make_model(), statistics(run, source, mode="resume_or_create"), epochs=1)
    assert int(open_run(run).steps[-1]) == 4 - (source == "batch")
    with pytest.raises(RunError, match="replaced"):
        identity.refresh()


def test_a_loop_that_may_be_restarted(model, run):
    for steps in ([0, 1], [2, 3]):
        with kx.measuring(model, run, mode="resume_or_create") as m:
            for step in steps:
                m.record(*PROBE, step)
    assert open_run(run).steps.tolist() == [0, 1, 2, 3]


def test_a_run_without_its_root_is_created_again(model, run, tmp_path):
    fit(model, LayerStatistics(run), epochs=1)
    (tmp_path / "run.zarr" / "zarr.json").unlink()
    fit(make_model(), LayerStatistics(run, mode="resume_or_create"), epochs=1)
    assert open_run(run).steps[0] == 0


def test_paths_with_variables(model, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SCRATCH", str(tmp_path / "scratch"))
    fit(model, LayerStatistics("~/runs/a"), epochs=1)
    assert (tmp_path / "runs" / "a.zarr").is_dir()
    shutil.move(tmp_path / "runs", tmp_path / "scratch")
    assert open_run("$SCRATCH/a").name == "a"
    assert [one.name for one in kx.find_runs("${SCRATCH}")] == ["a"]
    # The names of folders that exist are taken as they are.
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tmp_path / "scratch" / "a.zarr", tmp_path / "x" / "$HOME.zarr")
    (found,) = kx.find_runs("x")
    assert open_run(found.path).path == "x/$HOME.zarr"
