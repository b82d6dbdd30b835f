import shlex
from dataclasses import replace

import pytest

from keras_xavier.cli import make_parser
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.training.presets import PRESETS

QUICK, SIGMOID, *_ = PRESETS


@pytest.fixture
def dialog(window, qtbot, monkeypatch, tmp_path):
    """The dialog, opened with its shortcut; runs are recorded in tmp_path/runs."""
    monkeypatch.chdir(tmp_path)
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    found = window.training._dialog
    assert found.isVisible()
    assert not found.isModal()
    qtbot.waitUntil(found.start.isEnabled)
    return found


def pick(dialog, preset):
    index = dialog.presets.findText(preset)
    dialog.presets.setCurrentIndex(index)
    dialog.presets.activated.emit(index)


def type_into(qtbot, line, text):
    line.selectAll()
    qtbot.keyClicks(line, text)


def shown_options(dialog):
    words = shlex.split(dialog.command.toPlainText())
    return make_parser().parse_args(words[1:])


def test_the_first_experiment_is_quick_and_recorded_in_the_folder_runs(
    dialog, tmp_path
):
    assert dialog.presets.currentText() == QUICK
    options = shown_options(dialog)
    assert options.units == 100
    assert options.run == dialog.path.text()
    assert options.run == str(tmp_path / "runs" / "sigmoid-standard-4x100-rate0.1")


def test_runs_are_recorded_in_the_opened_folder(
    dialog, window, qtbot, simulation, tmp_path
):
    folder = tmp_path / "open"
    simulation.write(str(folder / "earlier"), records=2)
    window.open([str(folder / "earlier.zarr")])
    window.training.show_dialog()
    path = str(folder / "sigmoid-standard-4x100-rate0.1")
    qtbot.waitUntil(lambda: dialog.path.text() == path)


def test_a_preset_sets_all_controls(dialog, qtbot):
    pick(dialog, SIGMOID)
    assert dialog.fields.experiment() == PRESETS[SIGMOID]
    assert "saturates at 0" in dialog.expectation.text()
    qtbot.waitUntil(dialog.start.isEnabled)
    assert shown_options(dialog).activation == "sigmoid"
    assert "sigmoid" in dialog.path.text()


def test_changes_to_a_preset_are_custom(dialog, qtbot):
    before = dialog.expectation.text()
    dialog.fields.controls["activation"].setCurrentText("gelu")
    assert dialog.presets.currentText() == "Custom"
    assert dialog.expectation.text() != before
    dialog.fields.controls["activation"].setCurrentText("sigmoid")
    assert dialog.presets.currentText() == QUICK
    assert dialog.expectation.text() == before


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "nan", "inf"])
def test_an_invalid_learning_rate_is_reported(dialog, qtbot, text):
    line = dialog.fields.controls["learning_rate"]
    line.setText(text)
    assert not dialog.start.isEnabled()
    assert "learning rate must be a positive number" in dialog.problem.text()
    assert dialog.command.toPlainText() == ""
    line.setText("1e-7")
    qtbot.waitUntil(dialog.start.isEnabled)
    assert dialog.problem.text() == ""
    assert shown_options(dialog).learning_rate == 1e-7


def test_an_existing_run_is_refused(dialog, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "mine"), records=1)
    type_into(qtbot, dialog.path, str(tmp_path / "mine"))
    qtbot.waitUntil(lambda: "already exists" in dialog.problem.text())
    assert not dialog.start.isEnabled()
    assert dialog.path.text() == str(tmp_path / "mine")
    type_into(qtbot, dialog.path, str(tmp_path / "other"))
    qtbot.waitUntil(dialog.start.isEnabled)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("s3://bucket/run", "this machine"), ("folder/", "the name of a run")],
)
def test_a_path_that_cannot_hold_a_run_is_refused(dialog, qtbot, path, reason):
    type_into(qtbot, dialog.path, path)
    qtbot.waitUntil(lambda: reason in dialog.problem.text())
    assert path in dialog.problem.text()
    assert not dialog.start.isEnabled()


def test_a_typed_path_stays_when_the_experiment_changes(dialog, qtbot, tmp_path):
    type_into(qtbot, dialog.path, "mine")
    dialog.fields.controls["layers"].setValue(2)
    qtbot.waitUntil(dialog.start.isEnabled)
    assert dialog.path.text() == "mine"
    assert shown_options(dialog).run == str(tmp_path / "mine")


def test_an_empty_path_selects_the_default_path(dialog, qtbot):
    proposed = dialog.path.text()
    dialog.path.selectAll()
    qtbot.keyClick(dialog.path, Qt.Key.Key_Delete)
    qtbot.waitUntil(dialog.start.isEnabled)
    assert dialog.path.text() == ""
    assert shown_options(dialog).run == proposed


def test_another_folder_can_be_chosen(dialog, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(
        QtWidgets.QFileDialog,
        "getExistingDirectory",
        lambda *args: str(tmp_path / "else where"),
    )
    (browse,) = [
        one for one in dialog.findChildren(QtWidgets.QPushButton) if "wse" in one.text()
    ]
    browse.click()
    qtbot.waitUntil(lambda: "else where" in dialog.path.text())
    qtbot.waitUntil(dialog.start.isEnabled)
    assert "'" in dialog.command.toPlainText()
    assert shown_options(dialog).run.startswith(str(tmp_path / "else where"))


def test_the_command_can_be_copied(dialog):
    (copy,) = [
        one for one in dialog.findChildren(QtWidgets.QPushButton) if "opy" in one.text()
    ]
    copy.click()
    text = QtWidgets.QApplication.clipboard().text()
    assert text == dialog.command.toPlainText() != ""
    dialog.fields.controls["learning_rate"].setText("")
    assert not copy.isEnabled()


def test_the_folder_of_datasets_is_used_for_prepared_datasets(
    dialog, window, qtbot, monkeypatch, tmp_path
):
    assert not dialog.data.isEnabled()
    dialog.fields.controls["dataset"].setCurrentText("mnist")
    qtbot.waitUntil(dialog.start.isEnabled)
    assert dialog.data.isEnabled()
    assert shown_options(dialog).data_dir is None
    type_into(qtbot, dialog.data, "my data")
    qtbot.waitUntil(dialog.start.isEnabled)
    assert shown_options(dialog).data_dir == str(tmp_path / "my data")
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getExistingDirectory", lambda *args: "/data"
    )
    dialog.browse_data.click()
    qtbot.waitUntil(dialog.start.isEnabled)
    assert shown_options(dialog).data_dir == "/data"
    asked = []
    dialog.start_asked.disconnect()
    dialog.start_asked.connect(lambda *arguments: asked.append(arguments))
    dialog.start.click()
    assert asked[0][2] == "/data"
    dialog.fields.controls["dataset"].setCurrentText("shapeset3x2")
    qtbot.waitUntil(dialog.start.isEnabled)
    assert not dialog.browse_data.isEnabled()
    assert shown_options(dialog).data_dir is None


def test_every_control_has_a_name_and_mnemonics_are_unique(dialog):
    controls = [
        one
        for one in dialog.findChildren(QtWidgets.QWidget)
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(controls) > 14
    for one in controls:
        assert one.accessibleName() or getattr(one, "text", str)(), one
    texts = [
        one.text()
        for kind in (QtWidgets.QLabel, QtWidgets.QAbstractButton)
        for one in dialog.findChildren(kind)
    ]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(letters) == len(set(letters)) == 17


def test_start_trains_the_experiment_and_keeps_the_controls(
    dialog, window, qtbot, trainer, tmp_path
):
    window.training.program = trainer("records=2")
    dialog.fields.controls["updates"].setValue(200)
    qtbot.waitUntil(dialog.start.isEnabled)
    asked = []
    dialog.start_asked.connect(lambda *arguments: asked.append(arguments))
    dialog.start.click()
    qtbot.waitUntil(lambda: not dialog.isVisible())
    ((experiment, run, data_dir),) = asked
    assert data_dir == ""
    assert experiment == replace(PRESETS[QUICK], updates=200)
    qtbot.waitUntil(lambda: window.training.running() == [])
    window.training.show_dialog()
    assert dialog.fields.experiment() == experiment
    qtbot.waitUntil(lambda: dialog.path.text() == f"{run}-2")


def test_a_failure_to_start_training_is_reported(dialog, window, qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    type_into(qtbot, dialog.path, "file/mine")
    qtbot.waitUntil(dialog.start.isEnabled)
    dialog.start.click()
    qtbot.waitUntil(lambda: "cannot start" in dialog.problem.text())
    assert dialog.isVisible()
    assert window.training.area.panes() == []
