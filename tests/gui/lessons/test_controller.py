"""Lessons in the window: each step sets up the plots."""

import importlib.util
import itertools
import sys

import pytest

from keras_xavier.statistics import Quantity
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

ALT = Qt.KeyboardModifier.AltModifier


def lessons_of(menu):
    menu.aboutToShow.emit()
    actions = itertools.takewhile(lambda one: not one.isSeparator(), menu.actions())
    return list(actions)


def names_of(window):
    return [run.name for run in window.selection.runs]


def seen(window, *names):
    return set(names_of(window)) == set(names)


def test_the_menu_names_the_lessons_and_opens_them(window, qtbot, networks):
    assert window.pages.welcome.lessons.menu() is window.pages.welcome.lessons.menu()
    (action,) = lessons_of(window.pages.welcome.lessons.menu())
    assert action.text() == "&1  Why signals fade"
    assert not window.lessons.is_open
    action.trigger()
    qtbot.waitUntil(lambda: window.lessons.tour is not None)
    panel = window.lessons.panel
    assert panel.text.toPlainText().startswith("Why signals fade\n")
    assert panel.where.text() == "Step 1 of 5"
    assert not panel.back.isEnabled()
    assert len(lessons_of(window.pages.welcome.lessons.menu())) == 1


def test_each_step_sets_up_the_plots(window, open_lesson, qtbot, networks):
    panel = open_lesson(2)
    qtbot.waitUntil(lambda: seen(window, "plain"))
    view = window.plot()
    assert "histograms" in view.names
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].step == 100)
    assert view.data[0].quantity is Quantity.WEIGHT
    panel.next.click()
    qtbot.waitUntil(lambda: seen(window, "better", "plain"))
    depth_profile = window.plot()
    assert "depth-profile" in depth_profile.names
    assert depth_profile.values()["theory"]
    assert window.selection.step is None
    # Changes by the user last until the next step.
    zoomed = view.canvas.figure.axes[0].get_xlim()
    view.canvas.zoom_in()
    assert view.canvas.figure.axes[0].get_xlim() != zoomed
    window.run_list.choose(str(networks / "better.zarr"))
    window.tabs.setCurrentIndex(0)
    window.selection.set_hidden({"hidden_1"})
    panel.back.click()
    qtbot.waitUntil(lambda: seen(window, "plain"))
    assert (window.plot(), window.selection.step) == (view, 100)
    qtbot.waitUntil(lambda: view.canvas.figure.axes[0].get_xlim() == zoomed)
    assert not window.selection.hidden
    # A step without a figure does not change the plots.
    window.lessons.move(2)
    assert window.plot() is view
    assert not panel.next.isEnabled()


def test_steps_before_the_first_plot_show_no_unrelated_plot(
    make_window, qtbot, networks, simulation, tmp_path
):
    simulation.write(str(tmp_path / "mine"), records=3, layers=2)
    window = make_window(tmp_path / "mine.zarr")
    qtbot.waitUntil(lambda: seen(window, "mine"))
    window.lessons.open(1)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.pages.message)
    assert window.pages.message.headline.text() == "No plot yet"
    # A run that the user clicks is shown.
    window.run_list.clicked.emit(window.run_list.currentIndex())
    assert window.pages.currentWidget() is window.pages.plots
    window.lessons.close()
    window.lessons.open(1)
    assert window.pages.currentWidget() is window.pages.message
    window.lessons.move(2)
    qtbot.waitUntil(lambda: seen(window, "plain"))
    assert window.pages.currentWidget() is window.pages.plots
    assert window.selection.step == 100
    # New records of other runs are seen after the lesson.
    window.lessons.close()
    assert window.selection.step is None


def test_runs_opened_for_a_lesson_are_not_selected_before_their_step(
    make_window, qtbot, networks
):
    window = make_window()
    window.load([str(networks)])
    window.lessons.open(1)
    qtbot.waitUntil(lambda: window.lessons.tour is not None)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    assert not names_of(window)
    window.lessons.move(2)
    qtbot.waitUntil(lambda: seen(window, "plain"))


def test_a_prediction_is_required_before_the_next_step(window, open_lesson, qtbot):
    panel = open_lesson()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_PageDown, ALT)
    assert panel.where.text() == "Step 2 of 5"
    assert not panel.next.isEnabled()
    assert panel.skip.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_PageDown, ALT)
    assert panel.where.text() == "Step 2 of 5"
    first, second = panel.choices.buttons()
    assert first.accessibleName() == "The first layer wins, whatever the others do."
    qtbot.keyClick(panel.text, Qt.Key.Key_Tab)
    assert first.hasFocus()
    qtbot.keyClick(first, Qt.Key.Key_Space)
    assert panel.next.isEnabled()
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert second.isChecked()
    assert panel.next.isEnabled()
    assert not panel.skip.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_PageDown, ALT)
    assert panel.text.toPlainText().startswith(
        "✓ Correct. It fades. Each layer loses a part.\n"
    )
    assert panel.next.hasFocus()
    qtbot.keyClick(window, Qt.Key.Key_PageUp, ALT)
    assert panel.choices.buttons()[1].isChecked()
    text = panel.choices.findChildren(QtWidgets.QLabel)[-2]
    qtbot.mouseClick(text, Qt.MouseButton.LeftButton)
    panel.next.click()
    assert panel.text.toPlainText().startswith("✗ Not quite. The first layer wins")
    assert "It has no advantage." in panel.text.toPlainText()


def test_a_prediction_can_be_skipped(window, open_lesson):
    panel = open_lesson(1)
    panel.skip.click()
    assert panel.text.toPlainText().startswith("It fades")


def test_networks_are_shown_while_they_are_trained(
    window, open_lesson, qtbot, tmp_path
):
    panel = open_lesson(3)
    qtbot.waitUntil(panel.train.isVisible)
    assert "require 2 small networks" in panel.networks.text()
    assert panel.train.text() == "Train the networks (about 30 s)"
    qtbot.waitUntil(
        lambda: window.pages.currentWidget().headline.text() == "No networks yet"
    )
    panel.train.click()
    assert not panel.train.isVisible()
    qtbot.waitUntil(lambda: seen(window, "plain"))
    assert "depth-profile" in window.plot().names
    (pane,) = window.training.area.panes()
    qtbot.waitUntil(lambda: pane.text.text() == "1 of 2 networks")
    # It is the text of the lesson, with the answers.
    assert not pane.show_log.isVisible()
    (tmp_path / "lessons/lesson-1/continue").touch()
    qtbot.waitUntil(lambda: seen(window, "plain", "better"))
    qtbot.waitUntil(lambda: not pane.job.is_running)
    assert pane.text.text() == "Finished: 2 networks."
    assert not pane.show_log.isVisible()
    assert (tmp_path / "lessons/lesson-1.log").read_text().startswith("plain begins")
    qtbot.waitUntil(lambda: not panel.networks.isVisible())
    assert not panel.train.isVisible()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT")
def test_closing_the_window_stops_training(window, open_lesson, qtbot):
    window.training.program = (*window.training.program[:2], "500")
    panel = open_lesson()
    qtbot.waitUntil(panel.train.isVisible)
    panel.train.click()
    qtbot.waitUntil(lambda: window.runs.entries != [])
    # The runs would reveal the answers.
    assert not names_of(window)
    (pane,) = window.training.area.panes()
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    # A process that is slow to stop is killed.
    assert pane.text.text().endswith(" after 0 of 2 networks; recorded runs are kept.")


def test_a_failure_to_start_training_is_reported(window, open_lesson, qtbot, tmp_path):
    panel = open_lesson()
    (tmp_path / "lessons").write_text("a file")
    qtbot.waitUntil(panel.train.isVisible)
    panel.train.click()
    qtbot.waitUntil(lambda: "Training cannot start" in panel.networks.text())
    assert panel.train.isVisible()


def test_an_unreadable_script_is_reported(window, scripts, qtbot):
    (scripts / "1_fading.py").write_text("# %%\nprint(1)\n")
    window.lessons.open(1)
    panel = window.lessons.panel
    qtbot.waitUntil(lambda: "cannot be read" in panel.text.toPlainText())
    assert "must begin with a Markdown cell" in panel.text.toPlainText()
    window.lessons.move(1)
    window.lessons.next()
    # Once it is fixed, it opens.
    (scripts / "1_fading.py").write_text("# %% [markdown]\n# # Fixed\n")
    window.lessons.open(1)
    qtbot.waitUntil(lambda: "Fixed" in panel.text.toPlainText())


def test_without_jupytext_the_menu_names_the_package(window, qtbot, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    lesson, needed = lessons_of(window.pages.welcome.lessons.menu())
    assert not lesson.isEnabled()
    assert "pip install 'keras-xavier[lessons]'" in needed.text()
    window.lessons.open(1)
    panel = window.lessons.panel
    qtbot.waitUntil(lambda: "keras-xavier[lessons]" in panel.text.toPlainText())


def test_a_lesson_closed_with_escape_reopens_at_its_step_and_width(
    window, open_lesson, qtbot, make_window
):
    columns = window.splitters["columns"]
    before = columns.sizes()
    panel = open_lesson(3)
    left, plots, own = columns.sizes()
    columns.setSizes([left, plots - 60, own + 60])
    wide = panel.width()
    assert wide == own + 60
    qtbot.keyClick(panel.text, Qt.Key.Key_Escape)
    assert not window.lessons.is_open
    assert window.run_list.hasFocus()
    assert columns.sizes()[0] == pytest.approx(before[0], abs=20)
    assert columns.sizes()[2] == 0
    window.lessons.open(1)
    assert panel.where.text() == "Step 4 of 5"
    assert panel.width() == pytest.approx(wide, abs=2)
    window.close()
    other = make_window()
    # Qt 6 restores it no wider than the small screen, where plots need their minimum.
    other.resize(window.size())
    assert other.splitters["columns"].sizes()[0] == pytest.approx(before[0], abs=20)
    other.lessons.open(1)
    qtbot.waitUntil(lambda: other.lessons.tour is not None)
    assert other.lessons.panel.width() == pytest.approx(wide, abs=2)


def test_tab_moves_from_top_to_bottom_and_controls_have_names(
    window, open_lesson, qtbot
):
    panel = open_lesson(1)
    qtbot.waitUntil(panel.train.isVisible)
    chain = [panel.close_button]
    while panel.isAncestorOf(one := chain[-1].nextInFocusChain()):
        chain.append(one)
    chain = [
        one
        for one in chain
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(chain) == 8
    # Buttons in a row differ by a few pixels.
    places = [one.mapTo(panel, QtCore.QPoint(0, 0)) for one in chain]
    assert [(one.y() // 8, one.x()) for one in places] == sorted(
        (one.y() // 8, one.x()) for one in places
    )
    for one in chain:
        assert one.accessibleName() or one.text()


def test_long_lines_of_code_are_wrapped(window, open_lesson, qtbot):
    panel = open_lesson(2)
    assert panel.text.horizontalScrollBar().maximum() == 0
    assert "the-end-of-the-line" in panel.text.toPlainText()


def test_a_derivation_unfolds_below_the_text(window, open_lesson, qtbot, networks):
    panel = open_lesson(3)
    assert panel.fold.isVisible()
    assert panel.fold.text() == "Derivation: why"
    assert "chain rule" not in panel.text.toPlainText()
    panel.fold.setFocus()
    qtbot.keyClick(panel.fold, Qt.Key.Key_Space)
    assert panel.text.toPlainText().startswith("Both\n")
    assert panel.text.toPlainText().endswith("Because of the chain rule.")
    panel.fold.click()
    assert "chain rule" not in panel.text.toPlainText()
    panel.fold.click()
    panel.back.click()
    assert not panel.fold.isVisible()
    panel.next.click()
    assert not panel.fold.isChecked()
    assert "chain rule" not in panel.text.toPlainText()


def test_the_exercise_is_written_as_a_program(window, open_lesson, qtbot, tmp_path):
    panel = open_lesson(4)
    assert "layers = 4" in panel.text.toPlainText()
    assert "layers = 1" not in panel.text.toPlainText()
    panel.exercise.click()
    path = tmp_path / "lessons" / "lesson-1" / "exercise.py"
    assert "layers = 4" in path.read_text()
    # New records do not hide it.
    window.lessons.update_runs()
    assert panel.program.isVisible()
    assert panel.program.text() == f"Edit {path}, and run: python {path}"
    panel.back.click()
    assert not panel.exercise.isVisible()
    assert not panel.program.isVisible()


def test_an_exercise_that_cannot_be_written_is_reported(window, open_lesson, tmp_path):
    (tmp_path / "lessons").write_text("a file")
    panel = open_lesson(4)
    panel.exercise.click()
    assert panel.program.text().startswith("The exercise cannot be written:")
