"""The dialog for a new experiment."""

import os
from collections.abc import Callable, Sequence

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import RunError, run_path
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.command import (
    GENERATED,
    command_line,
    short_name,
    train_arguments,
)
from keras_xavier_gui.training.fields import ExperimentFields
from keras_xavier_gui.training.presets import PRESETS, expectation
from keras_xavier_gui.training.process import existing_file, free_path
from keras_xavier_gui.widgets.message_page import text_label

CUSTOM = "Custom"
WIDTH = 620
EXPECTATION_LINES = 4
COMMAND_LINES = 4


class ExperimentDialog(QtWidgets.QDialog):
    """Sets up an experiment; shows its expected results and its command line.

    Args:
        worker: Thread that accesses the disk.
        folder: Returns the folder where runs are recorded by default.
        busy: Returns paths of runs that are being recorded.
        parent: Parent of the dialog.
    """

    start_asked = Signal(object, str, str)
    """The `Experiment`, the path of its run, and the folder of datasets."""

    def __init__(
        self,
        worker: Worker,
        folder: Callable[[], str],
        busy: Callable[[], Sequence[str]],
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._worker = worker
        self._folder = folder
        self._busy = busy
        self._chosen_folder = ""
        # Typed by the user; `None` while the path depends on the experiment.
        self._typed_path: str | None = None
        self._experiment: Experiment | None = None
        self._path = ""
        self._generation = 0
        self.setWindowTitle("New experiment")
        self._build()
        self.fields.changed.connect(self._update)
        self.fields.set_experiment(next(iter(PRESETS.values())))

    def open_again(self, experiment: Experiment | None = None) -> None:
        """Shows the dialog with an experiment, or with its previous values."""
        if experiment is not None:
            self._typed_path = None
            self.fields.set_experiment(experiment)
        self._update()
        self.show()
        self.raise_()
        self.activateWindow()

    def show_problem(self, problem: str) -> None:
        """Shows why training cannot start; empty if it can."""
        self.problem.setText(problem)
        self.start.setEnabled(not problem and bool(self._path))

    def training_started(self) -> None:
        """Closes the dialog; the next path depends on the experiment again."""
        self._typed_path = None
        self.hide()

    # Construction

    def _build(self) -> None:
        self.presets = QtWidgets.QComboBox()
        self.presets.addItems([CUSTOM, *PRESETS])
        self.presets.setAccessibleName("Preset")
        self.presets.setToolTip("Experiments of the paper, Glorot & Bengio (2010)")
        self.presets.activated.connect(self._choose_preset)
        self.fields = ExperimentFields()
        policy = QtWidgets.QSizePolicy.Policy
        self.fields.setSizePolicy(policy.Preferred, policy.Fixed)
        self.path = QtWidgets.QLineEdit()
        self.path.setAccessibleName("Record in")
        self.path.setToolTip("Path of the run, a folder NAME.zarr")
        self.path.textEdited.connect(self._edit_path)
        browse = QtWidgets.QPushButton("Bro&wse …")
        browse.setToolTip("Choose the folder of the run")
        browse.clicked.connect(self._browse)
        where = QtWidgets.QHBoxLayout()
        where.addWidget(self.path, 1)
        where.addWidget(browse)
        self.data = QtWidgets.QLineEdit()
        self.data.setAccessibleName("Data folder")
        self.data.setPlaceholderText("default folder of tensorflow-datasets")
        self.data.setToolTip(
            "Folder in which tensorflow-datasets prepares MNIST and CIFAR-10"
        )
        self.data.textEdited.connect(self._update)
        self.browse_data = QtWidgets.QPushButton("Choose …")
        self.browse_data.setToolTip("Choose the folder of datasets")
        self.browse_data.clicked.connect(self._browse_data)
        data = QtWidgets.QHBoxLayout()
        data.addWidget(self.data, 1)
        data.addWidget(self.browse_data)
        self.expectation = text_label()
        self.expectation.setAccessibleName("Expected results")
        line = self.fontMetrics().lineSpacing()
        self.expectation.setMinimumHeight(line * EXPECTATION_LINES)
        self.expectation.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.command = QtWidgets.QPlainTextEdit()
        self.command.setReadOnly(True)
        self.command.setTabChangesFocus(True)
        self.command.setFont(
            QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        )
        self.command.setWordWrapMode(
            QtGui.QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
        )
        self.command.setAccessibleName("Command line")
        self.command.setToolTip("Command that trains the experiment in a terminal")
        lines = self.command.fontMetrics().lineSpacing() * COMMAND_LINES
        self.command.setFixedHeight(lines + 2 * self.command.frameWidth() + 8)
        self.problem = text_label()
        self.problem.setAccessibleName("Why training cannot start")
        self.problem.setMinimumHeight(2 * line)
        buttons = QtWidgets.QDialogButtonBox()
        role = QtWidgets.QDialogButtonBox.ButtonRole
        self.copy = buttons.addButton("&Copy command", role.ActionRole)
        self.copy.setToolTip("Copy the command line")
        self.copy.setEnabled(False)
        self.copy.clicked.connect(
            lambda: QtWidgets.QApplication.clipboard().setText(
                self.command.toPlainText()
            )
        )
        self.command.textChanged.connect(
            lambda: self.copy.setEnabled(bool(self.command.toPlainText()))
        )
        self.start = buttons.addButton("&Start", role.AcceptRole)
        self.start.setToolTip("Train in a separate process")
        self.start.setDefault(True)
        close = buttons.addButton("Cl&ose", role.RejectRole)
        for button in (self.copy, close, browse, self.browse_data):
            button.setAutoDefault(False)
        self.start.clicked.connect(self._start)
        buttons.rejected.connect(self.reject)
        top = QtWidgets.QFormLayout()
        top.addRow("&Preset:", self.presets)
        bottom = QtWidgets.QFormLayout()
        bottom.addRow(label_for("Data &folder:", self.data), data)
        bottom.addRow(label_for("&Record in:", self.path), where)
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(self.fields)
        column.addWidget(self.expectation)
        column.addLayout(bottom)
        column.addWidget(QtWidgets.QLabel("Equivalent command:"))
        column.addWidget(self.command)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(buttons)
        self.resize(WIDTH, self.sizeHint().height())

    # Input

    def _choose_preset(self, index: int) -> None:
        name = self.presets.itemText(index)
        if name in PRESETS:
            self.fields.set_experiment(PRESETS[name])
        else:
            self._update()

    def _edit_path(self, text: str) -> None:
        self._typed_path = text
        self._update()

    def _browse(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Folder of the run", self._chosen_folder or self._folder()
        )
        if folder:
            self._chosen_folder, self._typed_path = folder, None
            self._update()

    def _browse_data(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Folder of datasets", self._data_dir()
        )
        if folder:
            self.data.setText(folder)
            self._update()

    def _data_dir(self) -> str:
        """The typed or chosen folder; empty for the default one."""
        text = self.data.text().strip()
        return os.path.abspath(os.path.expanduser(text)) if text else ""

    def _start(self) -> None:
        self.start.setEnabled(False)
        self.start_asked.emit(self._experiment, self._path, self._data_dir())

    # Output

    def _update(self) -> None:
        """Shows the results and the command, and checks the path on the disk."""
        self._generation += 1
        self._path = ""
        self.start.setEnabled(False)
        try:
            experiment = self._experiment = self.fields.experiment()
        except ValueError as mistake:
            self._experiment = None
            self.presets.setCurrentIndex(0)
            self.expectation.clear()
            self.command.clear()
            self.show_problem(readable(mistake))
            return
        for widget in (self.data, self.browse_data):
            widget.setEnabled(experiment.dataset != GENERATED)
        names = (name for name, preset in PRESETS.items() if preset == experiment)
        self.presets.setCurrentText(next(names, CUSTOM))
        self.expectation.setText(expectation(experiment))
        generation, busy = self._generation, tuple(self._busy())
        folder, typed = self._chosen_folder or self._folder(), self._typed_path

        def done(found: tuple[str, str]) -> None:
            if generation == self._generation:
                self._show_path(experiment, *found)

        def failed(error: Exception) -> None:
            done(("", f"The run cannot be recorded there: {error}"))

        def check() -> tuple[str, str]:
            if typed is None or not typed.strip():
                return free_path(folder, short_name(experiment), busy), ""
            return check_path(typed, busy)

        self._worker.submit(check, done, failed)

    def _show_path(self, experiment: Experiment, path: str, problem: str) -> None:
        self._path = path
        if self._typed_path is None:
            self.path.setText(path)
        self.path.setPlaceholderText(path)
        if path:
            words = train_arguments(experiment, path, self._data_dir())
            self.command.setPlainText(command_line(words))
        else:
            self.command.clear()
        self.show_problem(problem)


def check_path(text: str, busy: Sequence[str]) -> tuple[str, str]:
    """Checks a typed path.

    Args:
        text: The text that the user typed.
        busy: Paths of runs that are about to be recorded.

    Returns:
        The path of the run, and why it cannot be recorded there; one is empty.
    """
    text = text.strip()
    if "://" in text:
        return "", f"The path must be on this machine. Received: {text}"
    path = os.path.abspath(os.path.expanduser(text))
    if text.endswith(("/", os.sep)):
        return "", f"The path must end with the name of a run. Received: {text}"
    try:
        existing = run_path(path) if run_path(path) in busy else existing_file(path)
    except (OSError, ValueError, RunError) as error:
        return "", f"The run cannot be recorded there: {error}"
    if existing:
        return "", f"{existing} already exists. Choose another name."
    return path, ""


def readable(mistake: ValueError) -> str:
    """Returns the message of an error with the labels of the controls."""
    name, mark, rest = str(mistake).removeprefix("`").partition("`")
    if not mark:
        return str(mistake)
    rest = rest.replace(f"{name}=", "")
    return f"The {name.replace('_', ' ')}{rest}."


def label_for(text: str, widget: QtWidgets.QWidget) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(text)
    label.setBuddy(widget)
    return label
