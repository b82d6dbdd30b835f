import shutil
from dataclasses import replace

import numpy as np
import pytest

from keras_xavier.figures.rows import why_absent
from keras_xavier.runs import State
from keras_xavier.statistics import ONLY_IN_TRAINING, Quantity
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.run_panel.hyperparameters_tab import rows_of, summary
from keras_xavier_gui.widgets.message_page import MessagePage

LAYER_CURVES, HISTOGRAMS = 1, 2


@pytest.fixture
def window(make_window, qtbot, simulation, tmp_path):
    """A window that shows two runs."""
    for name in ("tanh", "other"):
        simulation.write(
            str(tmp_path / "runs" / name), records=4, layers=3 if name == "tanh" else 2
        )
    made = make_window(tmp_path / "runs")
    qtbot.waitUntil(lambda: made.plot().data is not None)
    made.run_list.selectAll()
    qtbot.waitUntil(lambda: len(made.selection.runs) == 2)
    return made


def choose(box, text):
    box.setCurrentIndex(box.findText(text))


def titles(view):
    return [axes.get_title(loc="left") for axes in view.canvas.figure.axes]


@pytest.mark.parametrize("tab", [LAYER_CURVES, HISTOGRAMS])
def test_runs_are_in_separate_panels_or_in_one(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 2)
    assert titles(view) == ["other", "tanh"]
    choose(view.options["panels"], "one per layer")
    assert titles(view) == ["hidden_1", "hidden_2", "hidden_3", "output"]
    choose(view.options["panels"], "one")
    assert titles(view) == [""]
    view.canvas.draw()
    (legend,) = view.canvas.figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names[-2:] == ["other", "tanh"]
    assert "hidden_3" in names


def test_each_run_shows_its_record_nearest_to_the_step(
    make_window, qtbot, simulation, tmp_path
):
    for name, records in (("long", 9), ("short", 4)):
        simulation.write(str(tmp_path / name), records=records, layers=2)
    window = make_window(tmp_path / "short.zarr", tmp_path / "long.zarr")
    window.tabs.setCurrentIndex(HISTOGRAMS)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 2)
    assert titles(view) == ["long, last step 800", "short, last step 300"]
    window.selection.go_to(500)
    qtbot.waitUntil(lambda: view.data[0].step == 500)
    assert titles(view) == ["long, step 500", "short, last step 300"]
    window.selection.go_to(200)
    qtbot.waitUntil(lambda: view.data[1].step == 200)
    assert titles(view) == ["long", "short"]


def test_quantities_that_no_selected_run_has_are_disabled(
    make_window, qtbot, simulation, tmp_path, monkeypatch
):
    simulation.write(str(tmp_path / "trained"), records=2, layers=2)
    layers = [
        replace(layer, absent={Quantity.WEIGHT_UPDATE: ONLY_IN_TRAINING})
        for layer in simulation.layers_of(2)
    ]
    monkeypatch.setattr(simulation, "layers_of", lambda number: layers)
    simulation.write(str(tmp_path / "probed"), records=2)
    window = make_window(tmp_path / "probed.zarr")
    window.tabs.setCurrentIndex(LAYER_CURVES)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None)
    why = why_absent(layers, Quantity.WEIGHT_UPDATE)
    assert why.startswith("Runs measured on a probe have no weight updates")

    def disabled():
        boxes = view.kind, view.options["quantity"]
        items = [box.model().item(i) for box in boxes for i in range(box.count())]
        return {one.text(): one.toolTip() for one in items if not one.isEnabled()}

    assert disabled() == {"update ΔW": why, "Update ratio": why}
    choose(view.kind, "Update ratio")
    qtbot.waitUntil(lambda: view.data is None)
    assert view.findChild(MessagePage).headline.text() == why
    model = window.layer_list.model
    tip = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "no weight update: the run is measured on a probe" in tip
    window.open([str(tmp_path / "trained.zarr")])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: view.data is not None)
    assert [one.run for one in view.data] == ["trained"]
    assert disabled() == {}
    for tab in (0, HISTOGRAMS):
        window.tabs.setCurrentIndex(tab)
        window.run_list.choose(str(tmp_path / "probed.zarr"))
        view = window.plot()
        qtbot.waitUntil(lambda: set(disabled()) == {"update ΔW"})
        window.run_list.selectAll()
        qtbot.waitUntil(lambda: disabled() == {})


def damage(run):
    for chunk in (run / "statistics").glob("c*"):
        chunk.write_bytes(b"no chunk")


def test_readable_runs_are_drawn_beside_broken_ones(window, qtbot, tmp_path):
    folder = tmp_path / "runs"
    (folder / "broken.zarr").mkdir()
    (folder / "broken.zarr" / "zarr.json").write_text("{")
    window.tabs.setCurrentIndex(LAYER_CURVES)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(window.runs.entries) == 3)
    assert not view.problems.isVisible()
    # The run selected last determines the layers, if it is readable.
    window.run_list.choose(*(str(folder / f"{n}.zarr") for n in ("broken", "tanh")))
    qtbot.waitUntil(lambda: view.problems.isVisible())
    assert [one.run for one in view.data] == ["tanh"]
    assert view.problems.text() == "Cannot be read: broken"
    assert "zarr.json" in view.problems.toolTip()
    assert window.layer_list.model.rowCount() == 4
    window.run_list.choose(str(folder / "tanh.zarr"))
    qtbot.waitUntil(lambda: not view.problems.isVisible())


@pytest.mark.parametrize("tab", [0, LAYER_CURVES, 3])
def test_damage_found_while_reading_is_reported(
    make_window, qtbot, simulation, tmp_path, tab
):
    for name in ("damaged", "sound"):
        simulation.write(str(tmp_path / name), records=4, layers=2)
    damage(tmp_path / "damaged.zarr")
    window = make_window(tmp_path / "damaged.zarr", tmp_path / "sound.zarr")
    window.tabs.setCurrentIndex(tab)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and view.problems.isVisible())
    assert [one.run for one in view.data] == ["sound"]
    assert view.problems.text() == "Cannot be read: damaged"

    def state():
        (found,) = [e.run for e in window.runs.entries if e.run.name == "damaged"]
        return found

    assert state().state is State.BROKEN
    assert "statistics" in state().reason
    with qtbot.waitSignal(window.watcher.listed):
        window.watcher.list_now()
    assert state().state is State.BROKEN
    window.run_list.choose(str(tmp_path / "damaged.zarr"))
    qtbot.waitUntil(lambda: view.data is None)
    shutil.rmtree(tmp_path / "damaged.zarr")
    simulation.write(str(tmp_path / "damaged"), records=3, layers=2)
    qtbot.waitUntil(lambda: state().state is State.FINISHED)
    qtbot.waitUntil(lambda: view.data is not None)


def test_zooming_one_panel_zooms_all_panels(window, qtbot):
    window.tabs.setCurrentIndex(LAYER_CURVES)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 2)
    one, other = view.canvas.figure.axes
    view.canvas.zoom(0.5, axes=one)
    assert one.get_xlim() == other.get_xlim()
    assert one.get_ylim() == other.get_ylim()


def test_the_description_names_all_runs(window, qtbot):
    window.tabs.setCurrentIndex(LAYER_CURVES)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 2)
    assert "other" in view.canvas.accessibleDescription()
    assert "tanh" in view.canvas.accessibleDescription()


def test_hyperparameters_that_differ_come_first(window, qtbot):
    # The hyperparameters and the diagnosis are the last two tabs.
    window.tabs.setCurrentIndex(window.tabs.count() - 2)
    tab = window.tabs.currentWidget()
    assert tab.model.rows[0][0] == "layers"
    assert sorted(tab.model.rows[0][1]) == ["2", "3"]
    assert tab.model.rowCount() == 3
    tab.only_differences.click()
    assert [name for name, _, _ in tab.model.rows] == ["layers"]
    assert tab.model.columnCount() == 2
    labels = [one.text() for one in tab.findChildren(QtWidgets.QLabel)]
    assert "2 runs that differ in 1 hyperparameter" in labels


def test_columns_of_hyperparameters_keep_the_width_set_by_the_user(
    make_window, qtbot, simulation, tmp_path
):
    writer = simulation.write(str(tmp_path / "live"), records=2, layers=2, close=False)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.selection.run is not None)
    # The hyperparameters and the diagnosis are the last two tabs.
    window.tabs.setCurrentIndex(window.tabs.count() - 2)
    tab = window.tabs.currentWidget()
    tab.view.setColumnWidth(0, 321)
    layers, random = simulation.layers_of(2), np.random.default_rng(0)
    writer.record(1000, simulation.measure(layers, 1000, random))
    writer.close()
    qtbot.waitUntil(lambda: len(window.selection.run.steps) == 3)
    assert tab.view.columnWidth(0) == 321


def test_values_are_formatted_as_in_the_list_of_runs():
    rows = rows_of([{"fast": True, "units": [3, None]}], only_differences=False)
    assert [values for _, values, _ in rows] == [["true"], ["[3, null]"]]


def test_a_hyperparameter_that_one_run_lacks_differs():
    rows = rows_of([{"a": 1}, {"b": 2, "a": 1}], only_differences=True)
    assert rows == [("b", ["–", "2"], True)]


def test_the_message_explains_how_to_compare_runs():
    assert "Ctrl+click" in summary(1, 0, 3)
    assert "No hyperparameters were recorded" in summary(1, 0, 0)
    assert summary(2, 0, 3) == "2 runs with the same hyperparameters"


def test_many_live_runs_are_followed_at_once(make_window, qtbot, simulation, tmp_path):
    writers = [
        simulation.write(str(tmp_path / f"run{i}"), records=2, layers=2, close=False)
        for i in range(4)
    ]
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.tabs.setCurrentIndex(LAYER_CURVES)
    window.run_list.selectAll()
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 4)
    random = np.random.default_rng(0)
    for i, writer in enumerate(writers):
        layers = simulation.layers_of(2)
        writer.record(1000 + i, simulation.measure(layers, 1000, random))
        writer.flush()
    qtbot.waitUntil(
        lambda: [int(one.steps[-1]) for one in view.data] == [1000, 1001, 1002, 1003]
    )
    assert {one.run.state for one in window.runs.entries} == {State.RUNNING}
    for writer in writers:
        writer.close()


def test_a_run_moved_by_another_program_stays_selected_and_a_deleted_one_is_missing(
    window, qtbot, tmp_path
):
    runs = tmp_path / "runs"
    colors = {run.name: run.color for run in window.selection.runs}
    (runs / "deep").mkdir()
    (runs / "tanh.zarr").rename(runs / "deep" / "renamed.zarr")
    window.watcher.list_now()
    moved = str(runs / "deep" / "renamed.zarr")
    qtbot.waitUntil(lambda: moved in window.run_list.selected_paths())
    qtbot.waitUntil(
        lambda: {run.name for run in window.selection.runs} == {"other", "renamed"}
    )
    assert {run.color for run in window.selection.runs} == {*colors.values()}
    view = window.plot()
    qtbot.waitUntil(lambda: {one.run for one in view.data} == {"other", "renamed"})
    assert len(window.runs.entries) == 2
    shutil.rmtree(runs / "other.zarr")
    window.watcher.list_now()
    qtbot.waitUntil(lambda: any(entry.is_missing for entry in window.runs.entries))
    qtbot.waitUntil(lambda: view.problems.text() == "Missing: other")
    assert [one.run for one in view.data] == ["renamed"]
    qtbot.waitUntil(lambda: window.status.text.text().startswith("2 runs: 1 fini"))
    assert "1 missing" in window.status.text.text()
