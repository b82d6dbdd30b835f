"""The list of runs in the window: findings without a click, moved and missing runs."""

import shutil

from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel.columns import FINDINGS, NAME, SINCE, STATE
from keras_xavier_gui.sources.samples import SAMPLE_RUNS


def cell(window, path, column, role=Qt.ItemDataRole.DisplayRole):
    index = window.runs.find(str(path)).siblingAtColumn(column)
    return window.run_list.filtered.mapFromSource(index).data(role)


def is_in_view(window, path, column):
    """Whether a cell lies in the visible part of the list."""
    index = window.runs.find(str(path)).siblingAtColumn(column)
    place = window.run_list.visualRect(window.run_list.filtered.mapFromSource(index))
    return window.run_list.viewport().rect().contains(place)


def test_the_runs_with_problems_are_seen_without_a_click(make_window, qtbot, tmp_path):
    samples = shutil.copytree(SAMPLE_RUNS, tmp_path / "samples")
    window = make_window(samples)
    bad, good = samples / "tanh-standard.zarr", samples / "tanh-normalized.zarr"
    for path in (bad, good):
        qtbot.waitUntil(lambda path=path: window.digests.report(str(path)) is not None)
    text = cell(window, bad, FINDINGS)
    assert text.startswith("hidden_1 +4: Wrong initial scale")
    assert cell(window, bad, SINCE) == "0"
    assert cell(window, good, SINCE) == ""
    assert cell(window, good, FINDINGS) == "no problems"
    # The screen of the offscreen platform is smaller than any real screen.
    window.splitters["columns"].setSizes([450, 790])
    for column in (FINDINGS, SINCE):
        qtbot.waitUntil(lambda column=column: is_in_view(window, bad, column))
    assert not cell(window, bad, FINDINGS, Qt.ItemDataRole.DecorationRole).isNull()


def test_the_selection_survives_moves_losses_and_reloading(window, qtbot, runs):
    moved, lost = runs / "tanh.zarr", runs / "a & ü <b>.zarr"
    window.run_list.choose(str(moved), str(lost))
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    (runs / "later").mkdir()
    target = runs / "later" / "tanh.zarr"
    moved.rename(target)
    shutil.move(lost, runs.parent / "elsewhere")
    qtbot.waitUntil(lambda: window.runs.find(str(target)).isValid())
    assert cell(window, target, STATE) == "finished, moved"
    assert str(moved) in cell(window, target, NAME, Qt.ItemDataRole.ToolTipRole)
    qtbot.waitUntil(lambda: cell(window, lost, STATE) == "missing")
    assert {*window.run_list.selected_paths()} == {str(target), str(lost)}
    shutil.move(runs.parent / "elsewhere", lost)
    window.reload()
    qtbot.waitUntil(lambda: cell(window, lost, STATE) == "finished")
    assert cell(window, target, STATE) == "finished"
    assert {*window.run_list.selected_paths()} == {str(target), str(lost)}
    shutil.rmtree(lost)
    qtbot.waitUntil(lambda: cell(window, lost, STATE) == "missing")
    window.reload()
    qtbot.waitUntil(lambda: not window.runs.find(str(lost)).isValid())
    assert window.run_list.selected_paths() == (str(target),)


def test_grouping_and_columns_are_restored(make_window, qtbot, runs):
    window = make_window(runs)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 4)
    by_finding = window.run_panel.grouping.actions()[2]
    by_finding.trigger()
    window.close()
    again = make_window(runs)
    assert again.run_panel.grouping.actions()[2].isChecked()
    qtbot.waitUntil(lambda: len(again.runs.entries) == 4)
    assert again.runs.grouping == "finding"
