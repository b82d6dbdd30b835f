"""Notes and tags of runs."""

import json
import os

import pytest
import xarray
import zarr

from keras_xavier.runs import (
    Notes,
    RunError,
    RunWriter,
    State,
    find_runs,
    open_run,
    read_notes,
    write_notes,
)

NOTES = Notes("Best so far.\n<b>ßé漢🎉</b> & more", ("figure 3", "zu prüfen"))


def file_of(path):
    return path / "notes" / "zarr.json"


def test_notes_round_trip(write):
    path = write()
    assert read_notes(path) == Notes()
    write_notes(path, NOTES)
    assert read_notes(path) == NOTES
    (found,) = find_runs(path)
    assert found.notes == NOTES
    write_notes(str(path).removesuffix(".zarr"), Notes(tags=("one",)))
    assert read_notes(path) == Notes(tags=("one",))
    assert os.listdir(path / "notes") == ["zarr.json"]


def test_notes_do_not_affect_reading(write):
    path = write()
    before = open_run(path)
    plain = xarray.open_zarr(path).load()
    write_notes(path, NOTES)
    after = open_run(path)
    assert not before.refresh()
    assert list(after.steps) == list(before.steps)
    xarray.testing.assert_identical(xarray.open_zarr(path).load(), plain)
    unlisted = xarray.open_zarr(path, consolidated=False).load()
    assert set(unlisted.variables) == set(plain.variables)
    arrays = {name for name, _ in zarr.open_group(path, mode="r").members()}
    group = zarr.open_group(path, mode="r", use_consolidated=False)
    assert {name for name, _ in group.members()} == {*arrays, "notes"}
    assert dict(group["notes"].attrs) == {"note": NOTES.text, "tags": [*NOTES.tags]}


def test_resuming_keeps_notes_and_overwriting_removes_them(write, layers, measure):
    path = write()
    write_notes(path, NOTES)
    with RunWriter(path, layers=layers, mode="resume") as writer:
        writer.record(100, measure(100))
    assert read_notes(path) == NOTES
    assert open_run(path).records == 4
    RunWriter(path, layers=layers, mode="overwrite").close()
    assert read_notes(path) == Notes()
    assert open_run(path).records == 0


def test_notes_can_be_written_while_recording(tmp_path, layers, measure):
    path = tmp_path / "live.zarr"
    with RunWriter(path, layers=layers) as writer:
        write_notes(path, NOTES)
        writer.record(0, measure(0))
    assert read_notes(path) == NOTES
    assert open_run(path).records == 1


def test_broken_runs_can_have_notes(write):
    path = write()
    write_notes(path, NOTES)
    (path / "zarr.json").write_text("{")
    write_notes(path, Notes("cut off"))
    (found,) = find_runs(path)
    assert (found.state, found.notes) == (State.BROKEN, Notes("cut off"))


def test_notes_of_runs_at_urls(layers):
    url = "memory://notes/run"
    RunWriter(url, layers=layers, mode="overwrite").close()
    write_notes(url, NOTES)
    assert read_notes(url) == NOTES
    RunWriter(url, layers=layers, mode="overwrite").close()
    assert read_notes(url) == Notes()


def test_notes_without_a_run_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"no run at .*absent"):
        write_notes(tmp_path / "absent", NOTES)
    assert os.listdir(tmp_path) == []


def test_notes_that_cannot_be_written_raise(write):
    path = write()
    (path / "notes").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        write_notes(path, NOTES)


@pytest.mark.parametrize(
    "tags",
    [("",), (" a",), ("a,b",), ("a\nb",), ("a" * 51,), ("a", "a"), ("\ud800",)],
)
def test_invalid_tags_are_refused(tags):
    with pytest.raises(ValueError, match=r"A tag|A run can have"):
        Notes(tags=tags)


def test_notes_are_limited_in_size():
    with pytest.raises(ValueError, match="at most 50 tags"):
        Notes(tags=tuple(map(str, range(51))))
    with pytest.raises(ValueError, match="at most 10,000 characters"):
        Notes("a" * 10_001)
    with pytest.raises(ValueError, match="surrogate pair"):
        Notes("\ud800")


def test_the_largest_notes_round_trip(write):
    path = write()
    tags = tuple(f"{i:02}" + "𝒳" * 48 for i in range(50))
    write_notes(path, Notes("𝒳" * 10_000, tags))
    assert read_notes(path).tags == tags


def group(attributes):
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'{"attributes": ' * 20_000,
        b" " * (2**18 + 1),
        json.dumps(group({})).encode(),
        json.dumps(group(None)).encode(),
        json.dumps(group({"note": 1, "tags": []})).encode(),
        json.dumps(group({"note": "a", "tags": "ab"})).encode(),
        json.dumps(group({"note": "a", "tags": [["b"]]})).encode(),
        json.dumps(group({"note": "a", "tags": ["b", "b"]})).encode(),
        json.dumps(group({"note": "\ud800", "tags": []})).encode(),
        json.dumps(group({"note": "a", "tags": ["\u202egnp"]})).encode(),
        json.dumps(group({"note": "a", "tags": [], "more": 1})).encode(),
        json.dumps({"attributes": {"note": "a", "tags": []}}).encode(),
        json.dumps(group({"note": "a" * 10_001, "tags": []})).encode(),
    ],
)
def test_malformed_notes_do_not_hide_the_run(write, content):
    path = write()
    write_notes(path, NOTES)
    file_of(path).write_bytes(content)
    (found,) = find_runs(path)
    assert (found.state, found.notes) == (State.FINISHED, Notes())
    write_notes(path, NOTES)
    assert read_notes(path) == NOTES


def test_links_are_not_followed(write, tmp_path):
    path = write()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "zarr.json").write_text(json.dumps(group({"note": "a", "tags": []})))
    (path / "notes").symlink_to(secret)
    assert read_notes(path) == Notes()
    with pytest.raises(RunError, match="link"):
        write_notes(path, NOTES)
    (path / "notes").unlink()
    (path / "notes").mkdir()
    file_of(path).symlink_to(secret / "zarr.json")
    assert read_notes(path) == Notes()
    before = (secret / "zarr.json").read_bytes()
    (path / "notes" / "partial").symlink_to(secret / "zarr.json")
    write_notes(path, NOTES)
    assert read_notes(path) == NOTES
    assert (secret / "zarr.json").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_instead_of_notes_does_not_block(write):
    path = write()
    (path / "notes").mkdir()
    os.mkfifo(file_of(path))
    assert read_notes(path) == Notes()
