"""Starts training processes, and asks about them when the window closes."""

import enum
import os
from collections.abc import Callable

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import run_path
from keras_xavier.runs.store import trials_folder
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtCore, QtWidgets, Signal
from keras_xavier_gui.sources.paths import is_remote, is_within
from keras_xavier_gui.sources.samples import is_sample
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.command import train_arguments
from keras_xavier_gui.training.dialog import ExperimentDialog
from keras_xavier_gui.training.job import TrainingJob
from keras_xavier_gui.training.pane import PaneArea, TrainingPane
from keras_xavier_gui.training.process import PROGRAM, TrainingProcess
from keras_xavier_gui.training.remedies import RemedyProcess

DEFAULT_FOLDER = "runs"


class Answer(enum.Enum):
    """Answers to the question about running training when the window closes."""

    STOP = enum.auto()
    KEEP_RUNNING = enum.auto()
    CANCEL = enum.auto()


class TrainingManager(QtCore.QObject):
    """Starts training processes and shows their progress.

    Args:
        context: State and services of the app.
        window: Parent of dialogs.

    Attributes:
        program: Words of the command line before the arguments of `keras-xavier`.
        area: Panes with the progress of all training runs, for the window.
    """

    started = Signal(str)
    """Path of a run whose training has started."""
    all_stopped = Signal()
    """All training runs have stopped, as the user asked when closing the window."""
    failed = Signal(object)
    """An unexpected exception."""
    compare_asked = Signal(str)
    """A folder of runs that the user wants to compare."""
    tried = Signal(str)
    """Path of a run whose remedies have been tried."""

    def __init__(self, context: AppContext, window: QtWidgets.QWidget) -> None:
        super().__init__(window)
        self.program = PROGRAM
        self.area = PaneArea()
        self._context = context
        self._window = window
        self._worker = Worker("keras-xavier training", self)
        self._dialog: ExperimentDialog | None = None
        self._asking = False
        self._closing = False

    def show_dialog(self, experiment: Experiment | None = None) -> None:
        """Opens the dialog for a new experiment, which may be filled in."""
        if self._dialog is None:
            self._dialog = ExperimentDialog(
                self._worker, self.folder, self._busy_paths, self._window
            )
            self._dialog.start_asked.connect(self.start)
        self._dialog.open_again(experiment)

    def folder(self) -> str:
        """The folder where runs are recorded by default."""
        sources = self._context.watcher.sources
        # The samples are part of the app.
        local = [one for one in sources if not (is_remote(one) or is_sample(one))]
        source = local[-1] if local else os.path.abspath(DEFAULT_FOLDER)
        return os.path.dirname(source) if source.endswith(".zarr") else source

    def start(self, experiment: Experiment, run: str, data_dir: str = "") -> None:
        """Starts to train an experiment.

        Args:
            experiment: The experiment.
            run: Path of its run.
            data_dir: Folder of prepared datasets; see `train_arguments`.
        """
        arguments, program = train_arguments(experiment, run, data_dir), self.program
        path, updates = run_path(run), experiment.updates

        def started() -> None:
            self.started.emit(path)
            if self._dialog:
                self._dialog.training_started()

        def failed(problem: str) -> None:
            if self._dialog:
                self._dialog.show_problem(problem)

        self.start_process(
            lambda: TrainingProcess(arguments, path, updates, program=program),
            started,
            failed,
        )

    def try_remedies(self, run: str) -> None:
        """Tries remedies of the problems of a run that `keras-xavier train` recorded.

        Args:
            run: Path of the run.
        """
        program, folder = self.program, trials_folder(run)
        watcher, notify = self._context.watcher, self._context.notify
        if self.is_training(folder):
            notify("Remedies of this run are being tried")
            return

        def started() -> None:
            if not any(is_within(folder, source) for source in watcher.sources):
                watcher.open([folder])

        self.start_process(
            lambda: RemedyProcess(run, program=program),
            started,
            notify,
            lambda: self.tried.emit(run),
        )

    def start_process(
        self,
        create: Callable[[], TrainingProcess],
        started: Callable[[], None],
        failed: Callable[[str], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Starts a training process and shows its progress.

        Args:
            create: Starts the process; called in a worker thread.
            started: Called when the process has started.
            failed: Called with the reason if it cannot start.
            ended: Called when the process has ended.
        """

        def done(process: TrainingProcess) -> None:
            job = TrainingJob(process, self._worker, self)
            job.ended.connect(ended)
            self._add(job)
            started()

        def report(error: Exception) -> None:
            if not isinstance(error, OSError | ValueError):
                self.failed.emit(error)
            failed(f"Training cannot start: {error}")

        self._worker.submit(create, done, report)

    def is_training(self, path: str) -> bool:
        """Whether a running process records at a path."""
        return path in self._busy_paths()

    def running(self) -> list[TrainingJob]:
        """The jobs that are running."""
        return [pane.job for pane in self.area.panes() if pane.job.is_running]

    def may_close(self) -> bool:
        """Asks what to do with running jobs; returns whether the window may close now.

        If the user stops them, `all_stopped` is emitted when the last job has ended.
        """
        running = self.running()
        if not running:
            return True
        # Ctrl-C in the terminal arrives while the question is open.
        if self._asking:
            return False
        self._asking = True
        try:
            answer = ask(self._window, running)
        finally:
            self._asking = False
        self._closing = answer is Answer.STOP
        if answer is Answer.STOP:
            for job in running:
                job.stop()
            # All may have ended while the question was open.
            return not self.running()
        return answer is Answer.KEEP_RUNNING

    def close(self) -> None:
        """Releases all jobs, whether they have ended or not."""
        if self._dialog:
            self._dialog.close()
        self._worker.close()
        for pane in self.area.panes():
            pane.job.release()

    def _add(self, job: TrainingJob) -> None:
        pane = TrainingPane(job)
        pane.compare_asked.connect(self.compare_asked)
        job.ended.connect(self._check_all_stopped)
        job.failed.connect(self.failed)

        def dismiss() -> None:
            self.area.remove(pane)
            job.deleteLater()

        pane.dismissed.connect(dismiss)
        self.area.add(pane)

    def _check_all_stopped(self) -> None:
        if self._closing and not self.running():
            self.all_stopped.emit()

    def _busy_paths(self) -> list[str]:
        return [job.process.path for job in self.running()]


def ask(parent: QtWidgets.QWidget, running: list[TrainingJob]) -> Answer:
    """Asks what to do with running jobs when the window closes.

    The question closes by itself once all of them have ended.
    """
    one = len(running) == 1
    box = QtWidgets.QMessageBox(parent)
    box.setIcon(QtWidgets.QMessageBox.Icon.Question)
    box.setWindowTitle("Training in progress")
    box.setText(
        "A network is still being trained."
        if one
        else f"{len(running)} networks are still being trained."
    )
    box.setInformativeText(
        "You can stop training after the current update, or keep it running without "
        "the app. Either way, the run is kept and can be opened later."
        if one
        else "You can stop training after the current updates, or keep it running "
        "without the app. Either way, the runs are kept and can be opened later."
    )
    role = QtWidgets.QMessageBox.ButtonRole
    stop = box.addButton("&Stop training", role.DestructiveRole)
    keep = box.addButton("&Keep it running", role.AcceptRole)
    cancel = box.addButton("&Cancel", role.RejectRole)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    settled = []

    def settle() -> None:
        if not any(job.is_running for job in running):
            settled.append(Answer.KEEP_RUNNING)
            box.done(0)

    for job in running:
        job.ended.connect(settle)
    box.exec()
    for job in running:
        job.ended.disconnect(settle)
    answers = {stop: Answer.STOP, keep: Answer.KEEP_RUNNING}
    clicked = [answers[button] for button in answers if button is box.clickedButton()]
    answer = next(iter([*clicked, *settled]), Answer.CANCEL)
    box.deleteLater()
    return answer
