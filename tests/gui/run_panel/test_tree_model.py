import json
import os

import pytest

from keras_xavier.runs import Notes, State, find_runs, write_notes
from keras_xavier.runs.checksums import seal
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.run_panel.columns import (
    HYPERPARAMETERS,
    NAME,
    RECORDS,
    STATE,
    TAGS,
    UPDATED,
)
from keras_xavier_gui.run_panel.formatting import differences, in_short
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.listing import folders, list_runs


@pytest.fixture
def model(qtmodeltester):
    return RunTreeModel()


@pytest.fixture
def folder(simulation, tmp_path):
    """Three runs: b and d are finished, c is broken."""
    runs = tmp_path / "runs"
    for name in "bd":
        simulation.write(str(runs / name), records=2)
    broken = runs / "c.zarr"
    broken.mkdir()
    (broken / "zarr.json").write_text('{"zarr_format": 3, "node_type": "gro')
    return runs


def listing(*sources):
    return list_runs([str(source) for source in sources])


def cell(model, path, column, role=Qt.ItemDataRole.DisplayRole):
    index = model.find(str(path))
    return model.data(index.siblingAtColumn(column), role)


def tree(model, parent=None):
    """Names of the rows; a folder is followed by the list of its rows."""
    parent = QtCore.QModelIndex() if parent is None else parent
    rows = []
    for row in range(model.rowCount(parent)):
        index = model.index(row, NAME, parent)
        rows.append(index.data())
        if model.rowCount(index):
            rows.append(tree(model, index))
    return rows


def test_qt_accepts_the_model(qtmodeltester, model, folder, simulation):
    simulation.write(str(folder / "deep" / "e"), records=1)
    model.update(listing(folder))
    qtmodeltester.check(model)
    model.drop([str(folder / "deep" / "e.zarr")])
    qtmodeltester.check(model)


def test_runs_are_listed_in_their_folders(model, folder, simulation):
    simulation.write(str(folder / "deep" / "er" / "e"), records=1)
    simulation.write(str(folder.parent / "single"), records=1)
    model.update(listing(folder, folder.parent / "single.zarr"))
    assert tree(model) == ["runs", ["b", "c", "d", "deep", ["er", ["e"]]], "single"]
    role = Qt.ItemDataRole.AccessibleTextRole
    top = model.index(0, NAME)
    assert top.data(role) == "folder runs, 4 runs"
    assert top.siblingAtColumn(STATE).data() == "4 runs"


def test_long_names_are_shortened_at_word_boundaries(model, simulation, tmp_path):
    rate = "standard-4x50-lr0.01-seed0"
    for name in ("copy", f"shapeset-tanh-{rate}", f"shapeset-sigmoid-{rate}"):
        simulation.write(str(tmp_path / "runs" / name), records=1)
    model.update(listing(tmp_path / "runs"))
    assert tree(model)[1] == ["copy", "…sigmoid-standard…", "…tanh-standard…"]
    simulation.write(str(tmp_path / "runs" / f"tanh-{rate}-batch20"), records=1)
    model.update(listing(tmp_path / "runs"))
    names = tree(model)[1]
    assert names[0] == "copy"
    assert not any(":" in name or "(" in name for name in names)


def test_folders_with_the_same_name_are_distinguished(model, simulation, tmp_path):
    for name in ("monday", "tuesday"):
        simulation.write(str(tmp_path / name / "runs" / "tanh"), records=1)
    model.update(listing(tmp_path / "monday" / "runs", tmp_path / "tuesday" / "runs"))
    first, _, second, _ = tree(model)
    assert first != second


def test_the_folders_of_a_run_begin_with_the_opened_one():
    assert folders("/a.zarr", "/a.zarr") == folders("/a.zarr", "/a") == ()
    assert folders("/x/a.zarr", "/") == ("/", "/x")
    assert folders("s3://b/x/y/a.zarr", "s3://b/x/") == ("s3://b/x/", "s3://b/x/y")
    assert folders("memory:///x/a.zarr", "memory://x") == ("memory://x",)


def test_a_broken_run_shows_its_state_and_reason(model, folder):
    model.update(listing(folder))
    b, c, d = (folder / f"{name}.zarr" for name in "bcd")
    assert [cell(model, path, NAME) for path in (b, c, d)] == ["b", "c", "d"]
    states = [cell(model, path, STATE) for path in (b, c, d)]
    assert states == ["finished", "broken", "finished"]
    assert [cell(model, path, RECORDS) for path in (b, c)] == ["2", ""]
    (reason,) = [run.reason for run in find_runs(folder) if run.state is State.BROKEN]
    tip = cell(model, c, NAME, Qt.ItemDataRole.ToolTipRole)
    assert reason.partition("\n")[0] in tip
    assert cell(model, c, NAME, Qt.ItemDataRole.AccessibleDescriptionRole) == reason
    assert not cell(model, c, NAME, Qt.ItemDataRole.DecorationRole).isNull()
    assert "activation: tanh" in cell(model, b, NAME, Qt.ItemDataRole.ToolTipRole)


def test_rows_stay_the_same_when_runs_appear_and_change(model, folder, simulation):
    model.update(listing(folder))
    kept = QtCore.QPersistentModelIndex(model.find(str(folder / "d.zarr")))
    changed = []
    model.dataChanged.connect(lambda first, last: changed.append(first.data()))
    model.update(listing(folder))
    # Only ages may change, by a second.
    assert {*changed} <= {
        cell(model, folder / f"{name}.zarr", UPDATED) for name in "bd"
    }
    simulation.write(str(folder / "a"), records=1)
    simulation.write(str(folder / "d"), records=5, mode="overwrite")
    model.update(listing(folder))
    assert kept.isValid()
    assert kept.data() == "d"
    assert cell(model, folder / "d.zarr", RECORDS) == "5"
    assert [entry.label for entry in model.entries] == list("abcd")


def test_a_missing_run_stays_until_it_is_dropped(model, folder, simulation):
    simulation.write(str(folder / "deep" / "e"), records=1)
    model.update(listing(folder))
    for path in ("b.zarr", "deep/e.zarr"):
        (folder / path).rename(folder.parent / os.path.basename(path))
    model.update(listing(folder))
    missing = [entry.label for entry in model.entries if entry.is_missing]
    assert missing == ["b", os.path.join("deep", "e")]
    assert cell(model, folder / "b.zarr", STATE) == "missing"
    (folder.parent / "b.zarr").rename(folder / "b.zarr")
    model.update(listing(folder))
    assert model.entries[0].run.state is State.FINISHED
    model.drop_missing()
    model.update(listing(folder))
    assert tree(model) == ["runs", ["b", "c", "d"]]


def test_closing_a_source_removes_its_runs(model, folder, simulation):
    simulation.write(str(folder.parent / "single"), records=1)
    model.update(listing(folder, folder.parent / "single.zarr"))
    model.drop_source(str(folder))
    assert tree(model) == ["single"]
    model.update(listing(folder.parent / "single.zarr"))
    assert tree(model) == ["single"]


def test_long_names_are_shortened_to_their_differences(model, tmp_path, simulation):
    names = [f"shapeset3x2-{kind}-4x300-seed0" for kind in ("sigmoid", "softsign")]
    paths = [tmp_path / f"{name}.zarr" for name in names]
    for path in paths:
        simulation.write(str(path), records=1)
    model.update(listing(tmp_path))
    shown = [cell(model, path, NAME) for path in paths]
    assert ["sigmoid" in shown[0], "softsign" in shown[1]] == [True, True]
    assert max(map(len, shown)) <= 22
    role = Qt.ItemDataRole.AccessibleTextRole
    assert cell(model, paths[0], NAME, role).startswith(names[0])
    simulation.write(str(tmp_path / "a"), records=1)
    model.update(listing(tmp_path))
    assert cell(model, tmp_path / "a.zarr", NAME) == "a"
    assert "softsign" in cell(model, paths[1], NAME)


def test_hyperparameters_show_how_runs_differ(model, tmp_path, simulation):
    for layers in (3, 12):
        simulation.write(str(tmp_path / f"run{layers}"), records=1, layers=layers)
    model.update(listing(tmp_path))
    shown = [cell(model, tmp_path / f"run{n}.zarr", HYPERPARAMETERS) for n in (3, 12)]
    assert shown == ["layers=3", "layers=12"]
    model.drop([str(tmp_path / "run12.zarr")])
    assert cell(model, tmp_path / "run3.zarr", HYPERPARAMETERS) == ""


def test_only_runs_with_hyperparameters_are_compared():
    runs = {"a": {"kind": "x", "n": 1}, "broken": {}, "b": {"n": 1.0, "m": [1, {}]}}
    assert differences(runs) == {
        "a": {"kind": "x", "n": 1},
        "broken": {},
        "b": {"n": 1.0, "m": [1, {}]},
    }
    assert in_short(differences(runs)["b"]) == "n=1.0 · m=[1, {}]"
    assert len(in_short({"long": "word" * 1000})) < 30


def test_control_characters_in_hyperparameters_are_replaced():
    settings = {"a\nb": 1, "kind": "x\u202eexe.gpj", "deep": ["\u202e"]}
    assert in_short(settings) == 'a�b=1 · x�exe.gpj · deep=["�"]'


def test_notes_and_tags_are_shown_as_plain_text(model, folder):
    path = folder / "b.zarr"
    write_notes(path, Notes("<b>bold</b> & 漢字\nsecond", ("zu prüfen", "a&b")))
    model.update(listing(folder))
    assert cell(model, path, TAGS) == "zu prüfen, a&b"
    tip = cell(model, path, NAME, Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; 漢字\nsecond" in tip
    assert "<b>" not in tip


def test_the_length_of_a_tooltip_is_limited(model, folder):
    path = folder / "b.zarr"
    root = json.loads((path / "zarr.json").read_text())
    root["attributes"]["hyperparameters"] = {f"s{i}": "x" * 999 for i in range(500)}
    encoded = json.dumps(root, separators=(",", ":")).encode()
    (path / "zarr.json").write_bytes(seal(encoded))
    model.update(listing(folder))
    assert cell(model, path, STATE) == "finished"
    assert len(cell(model, path, NAME, Qt.ItemDataRole.ToolTipRole)) < 10_000
