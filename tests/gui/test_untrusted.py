"""Damaged and malicious run folders in the window do not affect other runs."""

import json
import os
import shutil
import sys

import pytest

from keras_xavier.runs import State, find_runs
from keras_xavier.runs.checksums import seal
from keras_xavier_gui.qt import Qt, QtWidgets


@pytest.fixture
def folder(simulation, tmp_path):
    """A folder with a good run."""
    runs = tmp_path / "runs"
    simulation.write(str(runs / "good"), records=3, layers=2)
    return runs


@pytest.fixture
def copy(folder):
    """Copies the run, to be damaged."""
    return lambda name: shutil.copytree(folder / "good.zarr", folder / f"{name}.zarr")


def chunks(path, array):
    """Files of an array."""
    return [
        file
        for file in (path / array).rglob("*")
        if file.is_file() and file.name != "zarr.json"
    ]


def cut_short(array):
    def damage_run(path):
        for file in chunks(path, array):
            file.write_bytes(file.read_bytes()[:20])

    return damage_run


def removed(array):
    return lambda path: shutil.rmtree(path / array)


def with_root(content):
    return lambda path: (path / "zarr.json").write_bytes(content)


def with_attributes(**attributes):
    def damage_run(path):
        root = json.loads((path / "zarr.json").read_text())
        root["attributes"].update(attributes)
        encoded = json.dumps(root, separators=(",", ":")).encode()
        (path / "zarr.json").write_bytes(seal(encoded))

    return damage_run


def replaced_by_pipe(key):
    def damage_run(path):
        (path / key).unlink()
        os.mkfifo(path / key)

    return damage_run


def linked_outside(path):
    (file, *_) = chunks(path, "statistics")
    secret = path.parent.parent / "secret"
    file.rename(secret)
    file.symlink_to(secret)


def linked_to_itself(path):
    (path / "inside.zarr").symlink_to(path)


def without_root(path):
    """The state just before the root is written."""
    (path / "zarr.json").unlink()


def without_permission(path):
    path.chmod(0)


def nested(depth):
    inner = 1
    for _ in range(depth):
        inner = {"a": inner}
    return inner


DAMAGES = {
    "statistics cut short": cut_short("statistics"),
    "histograms cut short": cut_short("histogram"),
    "metrics cut short": cut_short("metrics"),
    "steps cut short": cut_short("step"),
    "no bin edges": removed("bin_edges"),
    "no steps": removed("step"),
    "future version": with_attributes(version=99),
    "another program": with_root(b'{"zarr_format": 3, "node_type": "group"}'),
    "an empty root": with_root(b""),
    "a root of zeros": with_root(bytes(4096)),
    "half a root": with_root(b'{"zarr_format": 3, "attrib'),
    "a deep root": with_root(b"[" * 100_000),
    "a large root": with_root(b'"' + b"x" * (1 << 26) + b'"'),
    "a long number": with_root(b'{"zarr_format": ' + b"9" * 100_000 + b"}"),
    "many hyperparameters": with_attributes(
        hyperparameters={f"name {i}": "y" * 300 for i in range(500)}
    ),
    "nested hyperparameters": with_attributes(hyperparameters={"deep": nested(100)}),
    "markup": with_attributes(
        state="failed",
        reason="<h1>no</h1>" * 500 + "\nmore" * 500,
        hyperparameters={"<img src=x>": "<h1>", "$x^{": r"$\frac{1}{", "": ""},
    ),
    "controls": with_attributes(
        hyperparameters={"a\nb\x00\x1b[31m": "\u202egnp.exe", "\u2028": "\x07"}
    ),
    "a link to the outside": linked_outside,
    "a link to itself": linked_to_itself,
    "no root yet": without_root,
    "no permission": without_permission,
}
if hasattr(os, "mkfifo"):
    DAMAGES["a root that is a pipe"] = replaced_by_pipe("zarr.json")
    DAMAGES["a list of steps that is a pipe"] = replaced_by_pipe("step/c.0")
NAMES = {
    "new\nline": "new�line",
    "tab\tbell\x07": "tab�bell�",
    "\u202egnp": "�gnp",
    os.fsdecode(b"latin\xe9"): "latin�",
    "<b>bold&amp;": "<b>bold&amp;",
    r"$\frac{$": r"$\frac{$",
    "a & b": "a & b",
    " ": " ",
    "-rf": "-rf",
    "100 %s %n {}": "100 %s %n {}",
    "漢字 ü": "漢字 ü",
    "z" * 200: "z" * 200,
}


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="not allowed elsewhere")


def show_all_tabs(window, qtbot):
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        if view := window.plot():
            qtbot.waitUntil(lambda view=view: not view._reading and not view._stale)
            view.canvas.draw()


def show_everything(window, qtbot, path):
    """Shows all tabs and texts of a run, and reloads it."""
    window.run_list.choose(str(path))
    qtbot.waitUntil(
        lambda: window.selection.run and window.selection.run.path == str(path)
    )
    index = window.runs.find(str(path))
    # Runs that cannot be read have the same message in all tabs: one is enough.
    is_broken = window.runs.entry(index).run.state is State.BROKEN
    if not is_broken or path.stem == "half a root":
        show_all_tabs(window, qtbot)
    for column in range(window.runs.columnCount()):
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = index.siblingAtColumn(column).data(role)
            assert isinstance(text, str)
            assert len(text) < 20_000
    window.reload()
    assert not window._errors.errors, f"{path}: {window._errors.text()}"


def wait_for(qtbot, view, run):
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].run == run)


def show_good_run(window, qtbot, folder):
    window.run_list.choose(str(folder / "good.zarr"))
    window.tabs.setCurrentIndex(0)
    wait_for(qtbot, window.plot(), "good")


def test_damaged_runs_are_shown_or_reported_and_others_are_unaffected(
    make_window, qtbot, folder, copy
):
    for damage, damage_run in DAMAGES.items():
        damage_run(copy(damage))
    window = make_window(folder)
    qtbot.waitUntil(lambda: len(window.runs.entries) == len(DAMAGES) + 1)
    for damage in DAMAGES:
        path = folder / f"{damage}.zarr"
        show_everything(window, qtbot, path)
        run = window.runs.entry(window.runs.find(str(path))).run
        assert bool(run.reason) is (run.state in (State.BROKEN, State.FAILED)), damage
        show_good_run(window, qtbot, folder)
    window.run_list.filter.setText("broken")
    assert window.run_list.filtered.rowCount() == 1
    window.run_list.filter.clear()
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == len(DAMAGES) + 1)
    show_all_tabs(window, qtbot)
    show_good_run(window, qtbot, folder)


def test_a_run_can_be_damaged_while_it_is_shown(make_window, qtbot, folder, copy):
    path = copy("other")
    window = make_window(folder)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.choose(str(path))
    view = window.plot()
    wait_for(qtbot, view, "other")
    with_root(b"{")(path)
    message = view._message.headline
    qtbot.waitUntil(lambda: "cannot be read" in message.text())
    qtbot.waitUntil(lambda: window.status.text.text().startswith("other: broken"))
    shutil.rmtree(path)
    copy("other")
    wait_for(qtbot, view, "other")


def test_files_and_broken_links_are_not_listed(make_window, qtbot, folder, tmp_path):
    (folder / "file.zarr").write_text("")
    (folder / "nowhere.zarr").symlink_to("absent")
    (folder / "circle").symlink_to(folder)
    window = make_window(folder)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    assert [entry.label for entry in window.runs.entries] == ["good"]


@ON_LINUX
def test_runs_with_any_name_are_shown(make_window, qtbot, folder, copy):
    for name in NAMES:
        copy(name)
    window = make_window(folder)
    qtbot.waitUntil(lambda: len(window.runs.entries) == len(NAMES) + 1)
    labels = {entry.label for entry in window.runs.entries}
    assert labels == {"good", *NAMES.values()}
    for name, shown in NAMES.items():
        window.run_list.choose(str(folder / f"{name}.zarr"))
        wait_for(qtbot, window.plot(), shown)
        window.plot().canvas.draw()
        assert window.windowTitle() == f"{shown} – keras-xavier"
        window.run_actions.copy_paths()
        show_good_run(window, qtbot, folder)
    # Formulas and line breaks do most harm in figures of a single run.
    for name in ("new\nline", r"$\frac{$"):
        show_everything(window, qtbot, folder / f"{name}.zarr")
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == len(NAMES) + 1)
    show_all_tabs(window, qtbot)


@ON_LINUX
def test_a_run_with_an_undecodable_name_can_be_renamed(
    make_window, qtbot, folder, copy, monkeypatch
):
    path = copy(os.fsdecode(b"latin\xe9"))
    window = make_window(folder)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.choose(str(path))
    asked = []

    def ask(parent, title, label, echo, name):
        asked.append(name)
        return "latiné", True

    monkeypatch.setattr(QtWidgets.QInputDialog, "getText", ask)
    window.run_actions.rename()
    qtbot.waitUntil(lambda: window.windowTitle().startswith("latiné"))
    assert asked == ["latin�"]
    assert [run.name for run in find_runs(folder)] == ["good", "latiné"]
