"""Summaries of runs are read again when their files change, and only then."""

import os

import pytest

from keras_xavier.runs import Notes, RunError, State, find_runs, write_notes
from keras_xavier_gui.sources import summaries
from keras_xavier_gui.sources.summaries import SummaryCache


@pytest.fixture
def cache():
    return SummaryCache()


@pytest.fixture
def reads(monkeypatch):
    """Paths of the runs that have been read."""
    paths = []

    def summarize(path, read=summaries.summarize):
        paths.append(os.path.basename(path))
        return read(path)

    monkeypatch.setattr(summaries, "summarize", summarize)
    return paths


def test_only_changed_runs_are_read_again(cache, reads, simulation, tmp_path):
    for name in "ab":
        simulation.write(str(tmp_path / name), records=1)
    assert cache.find_runs(str(tmp_path)) == find_runs(tmp_path)
    reads.clear()
    cache.find_runs(str(tmp_path))
    assert reads == []
    write_notes(tmp_path / "a", Notes("good"))
    simulation.write(str(tmp_path / "b"), records=3, mode="overwrite")
    found = cache.find_runs(str(tmp_path))
    assert [found[0].notes.text, found[1].records] == ["good", 3]
    assert reads == ["a.zarr", "b.zarr"]
    assert found == find_runs(tmp_path)


def test_a_live_run_is_read_each_time(cache, reads, simulation, tmp_path):
    writer = simulation.write(str(tmp_path / "live"), records=1, close=False)
    for _ in range(2):
        (run,) = cache.find_runs(str(tmp_path))
        assert run.state is State.RUNNING
    assert len(reads) == 2
    writer.close()
    (run,) = cache.find_runs(str(tmp_path))
    assert run.state is State.FINISHED


def test_a_run_that_is_deleted_and_returns_is_found(cache, simulation, tmp_path):
    simulation.write(str(tmp_path / "runs" / "a"), records=1)
    folder = tmp_path / "runs"
    (before,) = cache.find_runs(str(folder))
    (folder / "a.zarr").rename(tmp_path / "elsewhere")
    assert cache.find_runs(str(folder)) == []
    (tmp_path / "elsewhere").rename(folder / "a.zarr")
    assert cache.find_runs(str(folder)) == [before]
    with pytest.raises(RunError, match="does not exist"):
        cache.find_runs(str(tmp_path / "nowhere"))
