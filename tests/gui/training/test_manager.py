"""Training in the window, with a fake program and once with the real one."""

import os
import signal
import subprocess
import sys
import time

import pytest

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import State, find_runs
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.training import job as job_module
from keras_xavier_gui.training import manager
from keras_xavier_gui.training.manager import Answer
from keras_xavier_gui.training.process import PROGRAM

POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT")


def is_recording(pane):
    return pane.job.status.step is not None


def has_ended(pane):
    return not pane.job.is_running


def test_a_real_training_run_is_shown_until_it_is_finished(window, qtbot, tmp_path):
    experiment = Experiment(layers=1, units=10, updates=40)
    run = str(tmp_path / "runs" / "real")
    assert window.training.program == PROGRAM
    window.training.start(experiment, run)
    qtbot.waitUntil(lambda: len(window.training.area.panes()) == 1)
    (pane,) = window.training.area.panes()
    assert pane.text.text() == "Starting TensorFlow …"
    assert pane.bar.maximum() == 0
    qtbot.waitUntil(lambda: has_ended(pane), timeout=120_000)
    assert pane.text.text().startswith("Finished: 40 updates."), pane.text.text()
    assert "updates.  validation error" in pane.text.text()
    qtbot.waitUntil(
        lambda: window.selection.run and window.selection.run.name == "real"
    )


def test_progress_is_shown_and_the_run_is_selected(
    window, start, qtbot, simulation, tmp_path
):
    simulation.write(str(tmp_path / "runs" / "earlier"), records=3)
    window.open([str(tmp_path / "runs")])
    qtbot.waitUntil(lambda: window.selection.run is not None)
    pane = start("records=5000")
    qtbot.waitUntil(lambda: is_recording(pane))
    qtbot.waitUntil(lambda: "left" in pane.text.text())
    assert "of 1,000,000 updates" in pane.text.text()
    assert (pane.bar.minimum(), pane.bar.maximum()) == (0, 1_000_000)
    qtbot.waitUntil(lambda: window.selection.run.name == "mine")
    assert window.watcher.sources == (str(tmp_path / "runs"),)
    pane.job.kill()
    qtbot.waitUntil(lambda: has_ended(pane))


def test_a_run_outside_the_opened_folders_is_opened(window, start, qtbot, tmp_path):
    pane = start("records=2")
    assert window.watcher.sources == (str(tmp_path / "runs" / "mine.zarr"),)
    assert not window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: has_ended(pane))
    qtbot.waitUntil(
        lambda: window.selection.run and window.selection.run.name == "mine"
    )


def test_the_log_can_be_shown_and_the_pane_dismissed(window, start, qtbot):
    pane = start("records=3")
    qtbot.waitUntil(lambda: has_ended(pane))
    assert not pane.log.isVisible()
    pane.show_log.click()
    assert pane.log.isVisible()
    assert pane.log.toPlainText().startswith("update 0\n")
    pane.dismiss.click()
    assert window.training.area.panes() == []
    assert not window.training.area.isVisible()


def test_selected_text_in_the_log_stays_selected(window, start, qtbot):
    pane = start("records=5000")
    pane.show_log.click()
    qtbot.waitUntil(lambda: "update 300\n" in pane.log.toPlainText())
    pane.log.find("update 200", QtGui.QTextDocument.FindFlag.FindBackward)
    assert pane.log.textCursor().selectedText() == "update 200"
    qtbot.waitUntil(lambda: "update 1000\n" in pane.log.toPlainText())
    assert pane.log.textCursor().selectedText() == "update 200"
    lines = pane.log.toPlainText().splitlines()
    assert lines == [f"update {100 * i}" for i in range(len(lines))]
    pane.job.kill()
    qtbot.waitUntil(lambda: has_ended(pane))


def test_only_the_changed_end_of_the_log_is_replaced(window, start, qtbot):
    pane = start("stubborn")
    for text in ("a😀\nb", "a😀\n10%", "a😀\n20%\nc", "d", ""):
        pane._update_log(text)
        assert pane.log.toPlainText() == text
    pane.job.kill()
    qtbot.waitUntil(lambda: has_ended(pane))


@POSIX
def test_stop_ends_training_with_a_finished_run(window, start, qtbot, tmp_path):
    pane = start("records=5000")
    qtbot.waitUntil(lambda: is_recording(pane))
    qtbot.mouseClick(pane.stop, Qt.MouseButton.LeftButton)
    assert pane.text.text() == "Stopping …"
    qtbot.waitUntil(lambda: has_ended(pane))
    assert "the run is kept" in pane.text.text()
    assert not pane.stop.isVisible()
    (run,) = find_runs(tmp_path / "runs")
    assert run.state is State.FINISHED


@POSIX
def test_a_process_that_does_not_stop_is_killed(window, start, qtbot, monkeypatch):
    monkeypatch.setattr(job_module, "GRACE_SECONDS", 0.3)
    pane = start("stubborn")
    qtbot.waitUntil(lambda: is_recording(pane))
    pane.stop.click()
    qtbot.waitUntil(lambda: has_ended(pane))
    assert pane.text.text().startswith("Killed after 0 of 1,000,000 updates")


@POSIX
def test_a_second_click_kills_the_process(window, start, qtbot):
    pane = start("stubborn")
    qtbot.waitUntil(lambda: is_recording(pane))
    pane.stop.click()
    assert pane.stop.text() == "Kill"
    pane.stop.click()
    qtbot.waitUntil(lambda: has_ended(pane))
    assert pane.text.text().startswith("Killed")


def test_a_failure_is_reported_with_the_last_lines_of_the_log(window, start, qtbot):
    pane = start("fails")
    qtbot.waitUntil(lambda: has_ended(pane))
    first, *lines = pane.text.text().splitlines()
    assert first == "Failed after 0 of 1,000,000 updates (exit status 3)."
    assert lines[-1] == "keras-xavier: the data are not there"
    assert pane.dismiss.isVisible()


def test_two_training_runs_have_two_panes(window, start, qtbot):
    first = start("records=5000", "first")
    second = start("fails", "second")
    assert window.training.area.panes() == [second, first]
    qtbot.waitUntil(lambda: has_ended(second))
    qtbot.waitUntil(lambda: is_recording(first))
    assert [one.process.path for one in window.training.running()] == [
        first.job.process.path
    ]
    first.job.kill()
    qtbot.waitUntil(lambda: has_ended(first))


def test_closing_can_be_canceled(window, start, qtbot, answers):
    pane = start("records=5000")
    answers.append(Answer.CANCEL)
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: is_recording(pane))
    pane.job.kill()
    qtbot.waitUntil(lambda: has_ended(pane))


@POSIX
def test_closing_can_stop_all_training_runs_first(
    window, start, qtbot, answers, tmp_path
):
    for name in ("first", "second"):
        pane = start("records=5000", name)
        qtbot.waitUntil(lambda pane=pane: is_recording(pane))
    answers.append(Answer.STOP)
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    states = [run.state for run in find_runs(tmp_path / "runs")]
    assert states == [State.FINISHED, State.FINISHED]


def test_closing_can_keep_training_running(window, start, qtbot, answers, tmp_path):
    pane = start("records=40")
    qtbot.waitUntil(lambda: is_recording(pane))
    answers.append(Answer.KEEP_RUNNING)
    window.close()
    assert not window.isVisible()
    assert pane.job.process._process.wait(60) == 0
    (run,) = find_runs(tmp_path / "runs")
    assert (run.state, run.records) == (State.FINISHED, 41)


@pytest.mark.parametrize(
    ("button", "answer"),
    [
        ("&Stop training", Answer.STOP),
        ("&Keep it running", Answer.KEEP_RUNNING),
        ("&Cancel", Answer.CANCEL),
        ("", Answer.CANCEL),
    ],
)
def test_the_question_has_three_answers_and_escape_cancels(
    make_window, qtbot, button, answer
):
    window = make_window()

    def press():
        box = QtWidgets.QApplication.activeModalWidget()
        if button:
            (one,) = [one for one in box.buttons() if one.text() == button]
            one.click()
        else:
            qtbot.keyClick(box, Qt.Key.Key_Escape)

    QtCore.QTimer.singleShot(0, press)
    assert manager.ask(window, [FakeJob()]) is answer


def test_the_question_closes_when_all_training_runs_have_ended(make_window, qtbot):
    window, first, second = make_window(), FakeJob(), FakeJob()
    active = QtWidgets.QApplication.activeModalWidget
    open_after = []

    def end(job):
        job.is_running = False
        job.ended.emit()
        open_after.append(active() is not None)

    QtCore.QTimer.singleShot(0, lambda: end(first))
    QtCore.QTimer.singleShot(50, lambda: end(second))
    patience = QtCore.QTimer(window)
    patience.timeout.connect(
        lambda: QtWidgets.QApplication.activeModalWidget().reject()
    )
    patience.start(5000)
    assert manager.ask(window, [first, second]) is Answer.KEEP_RUNNING
    patience.stop()
    assert open_after == [True, False]


class FakeJob(QtCore.QObject):
    """A fake job that runs until a test ends it."""

    ended = Signal()
    is_running = True


SURVIVE = """
import sys
from keras_xavier.experiments.experiment import Experiment
from keras_xavier.cli import main_view
from keras_xavier_gui import application, main_window
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.training import manager

manager.ask = lambda *_: manager.Answer.KEEP_RUNNING

class Window(main_window.MainWindow):
    def load(self, *what):
        super().load(*what)
        self.training.program = {program!r}
        self.training.start(Experiment(updates=10000), {run!r})
        self.watch = QtCore.QTimer(self)
        self.watch.timeout.connect(self.look)
        self.watch.start(20)

    def look(self):
        panes = self.training.area.panes()
        if panes and panes[0].job.status.step is not None:
            self.watch.stop()
            print("recording", flush=True)

application.MainWindow = Window
sys.exit(main_view([]))
"""


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_training_survives_an_interrupted_or_killed_app(trainer, tmp_path, number):
    run = tmp_path / "runs" / "mine"
    code = SURVIVE.format(program=trainer("records=60"), run=str(run))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "config")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as app:
        assert app.stdout.readline() == "recording\n", app.stderr.read()
        # To the whole process group, as a terminal does.
        os.killpg(app.pid, number)
        _, messages = app.communicate(timeout=60)
    assert "Traceback" not in messages
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (found,) = find_runs(tmp_path / "runs")
        if found.state is not State.RUNNING:
            break
        time.sleep(0.1)
    assert (found.state, found.records) == (State.FINISHED, 61)
    log = (tmp_path / "runs" / "mine.log").read_text()
    assert "update 6000" in log
