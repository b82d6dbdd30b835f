"""Metrics and findings of all listed runs, read in the background."""

import numpy as np
import pytest

from keras_xavier_gui.run_panel import digests as module
from keras_xavier_gui.run_panel.digests import RunDigests
from keras_xavier_gui.sources.listing import list_runs


@pytest.fixture
def digests(qapp, monkeypatch):
    monkeypatch.setattr(module, "START_SECONDS", 0.0)
    monkeypatch.setattr(module, "RESTS", dict.fromkeys(module.Part, 1))
    found = RunDigests()
    found.errors, found.problems = [], {}
    found.failed.connect(found.errors.append)
    found.unreadable.connect(found.problems.update)
    yield found
    found.close()
    assert found.errors == []


@pytest.fixture
def follow(digests):
    """Lists the runs of a folder again."""

    def update(folder):
        entries = list_runs([str(folder)]).entries
        digests.update([entry.run for entry in entries])

    return update


def test_all_runs_are_read_the_selected_one_first(
    digests, follow, qtbot, simulation, tmp_path
):
    paths = [str(tmp_path / f"{name}.zarr") for name in "abc"]
    for path in paths:
        simulation.write(path, records=3)
    order = []
    digests.changed.connect(order.append)
    follow(tmp_path)
    assert digests.digest(paths[0]) is digests.report(paths[0]) is None
    digests.prefer(paths[2:])
    digests.start()
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == [paths[2], *paths[:2]]
    assert digests.digest(paths[0]).last.keys() >= {"loss", "val_loss", "error"}
    assert digests.report(paths[0]).passed
    follow(tmp_path)
    qtbot.wait(50)
    assert len(order) == 3, "unchanged runs are not read again"
    simulation.write(paths[0], records=7, mode="overwrite")
    follow(tmp_path)
    qtbot.waitUntil(lambda: len(order) == 4)
    assert len(digests.digest(paths[0]).curve.steps) == 7


def test_a_live_run_is_followed(digests, follow, qtbot, simulation, tmp_path):
    path = str(tmp_path / "live.zarr")
    writer = simulation.write(path, records=1, close=False)
    follow(tmp_path)
    digests.start()
    qtbot.waitUntil(lambda: digests.report(path) is not None)
    before, random = digests.report(path), np.random.default_rng(1)
    for step in (500, 600):
        measured = simulation.measure(simulation.layers_of(4), step, random)
        writer.record(step, measured)
        writer.log(step, {"loss": 0.5})
    writer.flush()
    follow(tmp_path)
    qtbot.waitUntil(lambda: digests.digest(path).last["loss"] == 0.5)
    qtbot.waitUntil(lambda: digests.report(path) is not before, timeout=15_000)
    writer.close()
    follow(tmp_path)
    seen = []
    digests.changed.connect(seen.append)
    qtbot.waitUntil(lambda: seen == [path])


def test_a_damaged_run_does_not_prevent_others(
    digests, follow, qtbot, simulation, tmp_path
):
    bad, good = (str(tmp_path / f"{name}.zarr") for name in ("bad", "good"))
    for path in (bad, good):
        simulation.write(path, records=2)
    for chunk in (tmp_path / "bad.zarr" / "statistics").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"rubbish")
    (tmp_path / "broken.zarr").mkdir()
    follow(tmp_path)
    digests.start()
    qtbot.waitUntil(lambda: digests.report(good) is not None)
    assert digests.report(bad) is None
    assert "records cannot be read" in digests.problem(bad)
    assert [*digests.problems] == [bad]
    assert digests.problem(str(tmp_path / "broken.zarr")) == ""


def test_what_is_known_follows_a_renamed_run_and_ends_with_a_deleted_one(
    digests, follow, qtbot, simulation, tmp_path
):
    old, new = (str(tmp_path / f"{name}.zarr") for name in ("old", "new"))
    simulation.write(old, records=2)
    follow(tmp_path)
    digests.start()
    qtbot.waitUntil(lambda: digests.report(old) is not None)
    report = digests.report(old)
    (tmp_path / "old.zarr").rename(new)
    digests.rename(old, new)
    assert digests.report(new) is report
    follow(tmp_path)
    assert digests.report(new) is report
    digests.update([])
    assert digests.report(new) is None
