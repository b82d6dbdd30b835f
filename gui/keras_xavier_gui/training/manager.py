"""All trainings of a window: they start here, and closing asks after them."""

import enum
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import run_path
from keras_xavier_gui.qt import QtCore, QtWidgets, Signal
from keras_xavier_gui.sources.run_cache import is_remote, is_within
from keras_xavier_gui.sources.samples import is_sample
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.command import train_arguments
from keras_xavier_gui.training.dialog import NewExperiment
from keras_xavier_gui.training.job import Training
from keras_xavier_gui.training.pane import PaneArea, TrainingPane
from keras_xavier_gui.training.process import PROGRAM, TrainingProcess

if TYPE_CHECKING:
    from keras_xavier_gui.lessons.tour import Tour
    from keras_xavier_gui.main_window import MainWindow

DEFAULT_FOLDER = "runs"


class Answer(enum.Enum):
    STOP = enum.auto()
    GO_ON = enum.auto()
    CANCEL = enum.auto()


class Trainings(QtCore.QObject):
    """Starts trainings and keeps them in view.

    Attributes:
        program: What is run, before the words of the command line.
        area: The panes of all trainings, to be put into the window.
    """

    failed = Signal(object)
    """An exception that was not foreseen."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.program = PROGRAM
        self.area = PaneArea()
        self._window = window
        self._background = Worker("keras-xavier training", self)
        self._dialog: NewExperiment | None = None
        self._asking = False
        self._closing = False

    def choose(self) -> None:
        """Opens the dialog for a new experiment."""
        if self._dialog is None:
            self._dialog = NewExperiment(
                self._background, self.folder, self._busy, self._window
            )
            self._dialog.start_asked.connect(self.start)
        self._dialog.choose()

    def folder(self) -> str:
        """Where runs are recorded unless the user says otherwise."""
        sources = self._window.watcher.sources
        # The samples are a part of the app, and stay as they are.
        local = [one for one in sources if not (is_remote(one) or is_sample(one))]
        source = local[-1] if local else os.path.abspath(DEFAULT_FOLDER)
        return os.path.dirname(source) if source.endswith(".zarr") else source

    def start(self, experiment: Experiment, run: str, data_dir: str = "") -> None:
        """Starts training; its run is shown as soon as it is there."""
        arguments, program = train_arguments(experiment, run, data_dir), self.program
        path, updates = run_path(run), experiment.updates

        def started() -> None:
            self._show_run(path)
            if self._dialog:
                self._dialog.started()

        def complain(complaint: str) -> None:
            if self._dialog:
                self._dialog.complain(complaint)

        self._start(
            lambda: TrainingProcess(arguments, path, updates, program=program),
            started,
            complain,
        )

    def start_lesson(
        self, tour: "Tour", started: Callable[[], None], complain: Callable[[str], None]
    ) -> None:
        """Starts training the networks of a lesson.

        Args:
            tour: The lesson, and where its runs are kept.
            started: Called when it has started.
            complain: Called with the reason if it cannot.
        """
        from keras_xavier_gui.lessons.process import LessonProcess

        program = self.program
        self._start(lambda: LessonProcess(tour, program=program), started, complain)

    def is_training(self, path: str) -> bool:
        """Whether a training that records there is going on."""
        return any(one.process.path == path for one in self.running())

    def running(self) -> list[Training]:
        trainings = [pane.training for pane in self.area.panes()]
        return [training for training in trainings if training.is_running]

    def let_close(self) -> bool:
        """Asks what is to become of trainings; whether the window may close now.

        If they are to be stopped, the window closes when the last one has ended.
        """
        running = self.running()
        if not running:
            return True
        # Ctrl-C in the terminal comes through while the question is open.
        if self._asking:
            return False
        self._asking = True
        try:
            answer = ask(self._window, running)
        finally:
            self._asking = False
        self._closing = answer is Answer.STOP
        if answer is Answer.STOP:
            for training in running:
                training.stop()
            # Perhaps all ended while the question was open.
            return not self.running()
        return answer is Answer.GO_ON

    def close(self) -> None:
        """Lets go of all trainings, whether they have ended or not."""
        if self._dialog:
            self._dialog.close()
        self._background.close()
        for pane in self.area.panes():
            pane.training.release()

    def _start(
        self,
        begin: Callable[[], TrainingProcess],
        started: Callable[[], None],
        complain: Callable[[str], None],
    ) -> None:
        def done(process: TrainingProcess) -> None:
            self._add(Training(process, self._background, self))
            started()

        def failed(error: Exception) -> None:
            if not isinstance(error, OSError | ValueError):
                self.failed.emit(error)
            complain(f"Training cannot start: {error}")

        self._background.submit(begin, done, failed)

    def _add(self, training: Training) -> None:
        pane = TrainingPane(training)
        training.ended.connect(self._end)
        training.failed.connect(self.failed)

        def dismiss() -> None:
            self.area.remove(pane)
            training.deleteLater()

        pane.dismissed.connect(dismiss)
        self.area.add(pane)

    def _end(self) -> None:
        if self._closing and not self.running():
            self._window.close()

    def _show_run(self, run: str) -> None:
        sources, folder = self._window.watcher.sources, self.folder()
        if not any(is_within(run, source) for source in sources):
            self._window.open([folder if is_within(run, folder) else run])
        self._window.expect(run)

    def _busy(self) -> list[str]:
        return [training.process.path for training in self.running()]


def ask(parent: QtWidgets.QWidget, running: list[Training]) -> Answer:
    """Asks what is to become of trainings when the window closes.

    When all have ended, the question is settled: nothing keeps the window open.
    """
    one = len(running) == 1
    box = QtWidgets.QMessageBox(parent)
    box.setIcon(QtWidgets.QMessageBox.Icon.Question)
    box.setWindowTitle("Training goes on")
    box.setText(
        "A training is still going on."
        if one
        else f"{len(running)} trainings are still going on."
    )
    box.setInformativeText(
        "It can be stopped after its present update, or go on without the app. "
        "Either way its run is kept and can be opened later."
        if one
        else "They can be stopped after their present update, or go on without the "
        "app. Either way their runs are kept and can be opened later."
    )
    role = QtWidgets.QMessageBox.ButtonRole
    stop = box.addButton("&Stop training", role.DestructiveRole)
    go_on = box.addButton(
        "&Let it go on" if one else "&Let them go on", role.AcceptRole
    )
    cancel = box.addButton("&Cancel", role.RejectRole)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    settled = []

    def settle() -> None:
        if not any(training.is_running for training in running):
            settled.append(Answer.GO_ON)
            box.done(0)

    for training in running:
        training.ended.connect(settle)
    box.exec()
    for training in running:
        training.ended.disconnect(settle)
    answers = {stop: Answer.STOP, go_on: Answer.GO_ON}
    clicked = [answers[one] for one in answers if one is box.clickedButton()]
    answer = next(iter([*clicked, *settled]), Answer.CANCEL)
    box.deleteLater()
    return answer
