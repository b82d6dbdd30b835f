"""Finding runs in folders and at URLs."""

import os

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from keras_xavier.runs import RunError, RunWriter, State, find_runs, open_run


def test_runs_are_found_in_subfolders(tmp_path, layers, write):
    write("b", hyperparameters={"units": 20})
    RunWriter(tmp_path / "a", layers=layers).close(State.FAILED, "NaN")
    RunWriter(tmp_path / "deep" / "er" / "c", layers=layers).close()
    (tmp_path / "empty").mkdir()
    (tmp_path / "d.zarr.txt").write_text("")
    (tmp_path / "file.zarr").write_text("")

    a, b, c = find_runs(tmp_path)

    assert [os.path.relpath(run.path, tmp_path) for run in (a, b, c)] == [
        "a.zarr",
        "b.zarr",
        os.path.join("deep", "er", "c.zarr"),
    ]
    assert [run.name for run in (a, b, c)] == ["a", "b", "c"]
    assert (a.state, a.reason, a.records, a.last_step) == (
        State.FAILED,
        "NaN",
        0,
        None,
    )
    assert (b.state, b.reason, b.records, b.last_step) == (
        State.FINISHED,
        None,
        3,
        20,
    )
    assert b.hyperparameters == {"units": 20}
    assert 0 < b.created <= b.updated


def test_broken_runs_are_listed_with_the_reason(tmp_path, write):
    for name in ("cut", "empty", "foreign", "good", "no_steps"):
        write(name)
    (tmp_path / "cut.zarr" / "zarr.json").write_bytes(b'{"zarr_format":')
    (tmp_path / "foreign.zarr" / "zarr.json").write_text('{"attributes":{}}')
    (tmp_path / "no_steps.zarr" / "step" / "c.0").unlink()
    (tmp_path / "empty.zarr" / "zarr.json").unlink()

    found = {run.name: run for run in find_runs(tmp_path)}

    assert {name for name, run in found.items() if run.state is State.BROKEN} == {
        "cut",
        "empty",
        "foreign",
    }
    assert found["good"].state is State.FINISHED
    assert "zarr.json is damaged" in found["cut"].reason
    assert "zarr.json is missing in" in found["empty"].reason
    assert "not a run of keras-xavier" in found["foreign"].reason
    assert "step/c.0: the file is missing" in open_run(tmp_path / "no_steps").reason
    assert (found["cut"].updated, found["cut"].records) == (0, 0)


def test_a_run_is_found_by_its_own_path(tmp_path, write):
    path = write()

    for name in (path, f"{path}/", tmp_path / "run"):
        (found,) = find_runs(name)
        assert found.path == str(path)


def test_missing_folder(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        find_runs(tmp_path / "none")
    with pytest.raises(RunError, match="does not exist"):
        find_runs("memory://none")


def test_symbolic_links_are_not_followed_in_circles(tmp_path, write):
    write("deep/run")
    (tmp_path / "deep" / "again").symlink_to(tmp_path)

    assert len(find_runs(tmp_path)) == 1


def test_runs_at_a_url(layers):
    for name in ("b", "deep/a"):
        RunWriter(f"memory://found/{name}", layers=layers).close()

    runs = find_runs("memory://found")

    assert [run.name for run in runs] == ["b", "a"]
    assert [run.state for run in runs] == [State.FINISHED] * 2
    assert [run.path for run in find_runs(runs[1].path)] == [runs[1].path]
    fsspec.filesystem("memory").rm("/found", recursive=True)


class Hosted(MemoryFileSystem):
    """A file system whose paths omit the host, as in sftp."""

    protocol = "hosted"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.removeprefix("hosted://machine"))


def test_urls_keep_their_host(layers):
    fsspec.register_implementation("hosted", Hosted, clobber=True)
    RunWriter("hosted://machine/found/deep/a", layers=layers).close()

    (run,) = find_runs("hosted://machine/found")

    assert run.path == "hosted://machine/found/deep/a.zarr"
    assert run.state is State.FINISHED
    Hosted().rm("/found", recursive=True)
