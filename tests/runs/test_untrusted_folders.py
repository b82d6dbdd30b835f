"""Untrusted runs whose files are links, pipes or folders."""

import os

import pytest

from keras_xavier.runs import RunError, RunWriter, State, open_run


@pytest.fixture
def run(write):
    """A run, to be changed."""
    return write()


def test_links_out_of_the_run_are_not_followed(run, tmp_path):
    outside = tmp_path / "outside"
    (run / "step").rename(outside)
    (run / "step").symlink_to(outside)
    with pytest.raises(RunError, match="is a link"):
        _ = open_run(run).steps

    (run / "step").unlink()
    (run / "step").mkdir()
    (run / "step" / "c.0").symlink_to(outside / "c.0")
    with pytest.raises(RunError, match="cannot be read"):
        _ = open_run(run).steps


def test_nothing_is_written_through_a_link(run, tmp_path):
    outside = tmp_path / "outside"
    before = {
        outside / file.name: file.read_bytes() for file in (run / "step").iterdir()
    }
    layers = open_run(run).layers
    (run / "step").rename(outside)
    (run / "step").symlink_to(outside)

    with pytest.raises(RunError, match="is a link"):
        RunWriter(run, layers=layers, mode="resume")
    RunWriter(run, layers=layers, mode="overwrite").close()

    assert {file: file.read_bytes() for file in outside.iterdir()} == before
    assert open_run(run).state is State.FINISHED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("key", ["zarr.json", "step/c.0"])
def test_pipes_do_not_block(run, key):
    (run / key).unlink()
    os.mkfifo(run / key)

    with pytest.raises(RunError, match="is not a regular file"):
        _ = open_run(run).steps


@pytest.mark.parametrize("key", ["zarr.json", "step/c.0"])
def test_a_folder_instead_of_a_file(run, key):
    (run / key).unlink()
    (run / key).mkdir()

    with pytest.raises(RunError):
        _ = open_run(run).steps
