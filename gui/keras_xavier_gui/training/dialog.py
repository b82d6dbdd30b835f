"""The dialog where an experiment is chosen."""

import os
from collections.abc import Callable, Sequence

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.runs import RunError, run_path
from keras_xavier_gui.qt import QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.worker import Worker
from keras_xavier_gui.training.command import (
    GENERATED,
    command_line,
    short_name,
    train_arguments,
)
from keras_xavier_gui.training.fields import ExperimentFields
from keras_xavier_gui.training.presets import PRESETS, expectation
from keras_xavier_gui.training.process import free_path, taken
from keras_xavier_gui.widgets.message_page import text_label

OWN_SETTINGS = "Own settings"
WIDTH = 620
EXPECTATION_LINES = 4
COMMAND_LINES = 4


class NewExperiment(QtWidgets.QDialog):
    """Settings, what to expect of them, and the command line that trains them.

    Args:
        background: Looks at the disk.
        folder: Tells the folder where runs are recorded unless another is chosen.
        busy: Tells paths of runs that are being made.
        parent: The window it belongs to.
    """

    start_asked = Signal(object, str, str)
    """An `Experiment`, the path where it is to be recorded, and the folder of data."""

    def __init__(
        self,
        background: Worker,
        folder: Callable[[], str],
        busy: Callable[[], Sequence[str]],
        parent: QtWidgets.QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._folder = folder
        self._busy = busy
        self._chosen_folder = ""
        # Of the user; `None` while the path follows the settings.
        self._own_path: str | None = None
        self._experiment: Experiment | None = None
        self._path = ""
        self._question = 0
        self.setWindowTitle("New experiment")
        self._build()
        self.fields.changed.connect(self._update)
        self.fields.set_experiment(next(iter(PRESETS.values())))

    def choose(self) -> None:
        """Shows the dialog, with the settings it had before."""
        self._update()
        self.show()
        self.raise_()
        self.activateWindow()

    def complain(self, complaint: str) -> None:
        """Says why training cannot start; nothing if it can."""
        self.complaint.setText(complaint)
        self.start.setEnabled(not complaint and bool(self._path))

    def started(self) -> None:
        """Closes the dialog; the next path follows the settings again."""
        self._own_path = None
        self.hide()

    # Construction

    def _build(self) -> None:
        self.presets = QtWidgets.QComboBox()
        self.presets.addItems([OWN_SETTINGS, *PRESETS])
        self.presets.setAccessibleName("Preset")
        self.presets.setToolTip("Settings of the paper, Glorot & Bengio (2010)")
        self.presets.activated.connect(self._choose_preset)
        self.fields = ExperimentFields()
        policy = QtWidgets.QSizePolicy.Policy
        self.fields.setSizePolicy(policy.Preferred, policy.Fixed)
        self.path = QtWidgets.QLineEdit()
        self.path.setAccessibleName("Record in")
        self.path.setToolTip("Where the run is recorded: a folder NAME.zarr")
        self.path.textEdited.connect(self._edit_path)
        browse = QtWidgets.QPushButton("Bro&wse …")
        browse.setToolTip("Choose the folder where the run is recorded")
        browse.clicked.connect(self._browse)
        where = QtWidgets.QHBoxLayout()
        where.addWidget(self.path, 1)
        where.addWidget(browse)
        self.data = QtWidgets.QLineEdit()
        self.data.setAccessibleName("Data folder")
        self.data.setPlaceholderText("the usual one of tensorflow-datasets")
        self.data.setToolTip(
            "Where tensorflow-datasets has prepared MNIST and CIFAR-10, or is to"
        )
        self.data.textEdited.connect(self._update)
        self.browse_data = QtWidgets.QPushButton("Choose …")
        self.browse_data.setToolTip("Choose the folder of the data sets")
        self.browse_data.clicked.connect(self._browse_data)
        data = QtWidgets.QHBoxLayout()
        data.addWidget(self.data, 1)
        data.addWidget(self.browse_data)
        self.expectation = text_label()
        self.expectation.setAccessibleName("What to expect")
        line = self.fontMetrics().lineSpacing()
        self.expectation.setMinimumHeight(line * EXPECTATION_LINES)
        self.expectation.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
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
        self.command.setToolTip("The same, typed in a terminal")
        lines = self.command.fontMetrics().lineSpacing() * COMMAND_LINES
        self.command.setFixedHeight(lines + 2 * self.command.frameWidth() + 8)
        self.complaint = text_label()
        self.complaint.setAccessibleName("Why training cannot start")
        self.complaint.setMinimumHeight(2 * line)
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
        self.start.setToolTip("Train in a process of its own")
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
        column.addWidget(QtWidgets.QLabel("The same, in a terminal:"))
        column.addWidget(self.command)
        column.addWidget(self.complaint)
        column.addStretch(1)
        column.addWidget(buttons)
        self.resize(WIDTH, self.sizeHint().height())

    # What the user does

    def _choose_preset(self, index: int) -> None:
        name = self.presets.itemText(index)
        if name in PRESETS:
            self.fields.set_experiment(PRESETS[name])
        else:
            self._update()

    def _edit_path(self, text: str) -> None:
        self._own_path = text
        self._update()

    def _browse(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Record in this folder", self._chosen_folder or self._folder()
        )
        if folder:
            self._chosen_folder, self._own_path = folder, None
            self._update()

    def _browse_data(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Data sets are in this folder", self._data_dir()
        )
        if folder:
            self.data.setText(folder)
            self._update()

    def _data_dir(self) -> str:
        """The folder that was typed or chosen; the empty text for the usual one."""
        text = self.data.text().strip()
        return os.path.abspath(os.path.expanduser(text)) if text else ""

    def _start(self) -> None:
        self.start.setEnabled(False)
        self.start_asked.emit(self._experiment, self._path, self._data_dir())

    # What follows from it

    def _update(self) -> None:
        """Shows what follows from the settings, and asks the disk about the path."""
        self._question += 1
        self._path = ""
        self.start.setEnabled(False)
        try:
            experiment = self._experiment = self.fields.experiment()
        except ValueError as mistake:
            self._experiment = None
            self.presets.setCurrentIndex(0)
            self.expectation.clear()
            self.command.clear()
            self.complain(in_words(mistake))
            return
        for widget in (self.data, self.browse_data):
            widget.setEnabled(experiment.dataset != GENERATED)
        names = (name for name, preset in PRESETS.items() if preset == experiment)
        self.presets.setCurrentText(next(names, OWN_SETTINGS))
        self.expectation.setText(expectation(experiment))
        question, busy = self._question, tuple(self._busy())
        folder, own = self._chosen_folder or self._folder(), self._own_path

        def done(found: tuple[str, str]) -> None:
            if question == self._question:
                self._show_path(*found)

        def failed(error: Exception) -> None:
            done(("", f"The run cannot be recorded there: {error}"))

        def look() -> tuple[str, str]:
            if own is None or not own.strip():
                return free_path(folder, short_name(experiment), busy), ""
            return examine(own, busy)

        self._background.submit(look, done, failed)

    def _show_path(self, path: str, complaint: str) -> None:
        self._path = path
        if self._own_path is None:
            self.path.setText(path)
        self.path.setPlaceholderText(path)
        if path:
            words = train_arguments(self._experiment, path, self._data_dir())
            self.command.setPlainText(command_line(words))
        else:
            self.command.clear()
        self.complain(complaint)


def examine(text: str, busy: Sequence[str]) -> tuple[str, str]:
    """Which path is meant, and why nothing can be recorded there, if so.

    Args:
        text: What the user typed.
        busy: Paths of runs that are about to be made.
    """
    text = text.strip()
    if "://" in text:
        return "", f"The path must be one of this machine. Received: {text}"
    path = os.path.abspath(os.path.expanduser(text))
    if text.endswith(("/", os.sep)):
        return "", f"The path must end with the name of a run. Received: {text}"
    try:
        there = run_path(path) if run_path(path) in busy else taken(path)
    except (OSError, ValueError, RunError) as error:
        return "", f"The run cannot be recorded there: {error}"
    if there:
        return "", f"{there} is there already. Choose another name."
    return path, ""


def in_words(mistake: ValueError) -> str:
    """A mistake in the settings, with the names that the controls have."""
    name, mark, rest = str(mistake).removeprefix("`").partition("`")
    if not mark:
        return str(mistake)
    rest = rest.replace(f"{name}=", "")
    return f"The {name.replace('_', ' ')}{rest}."


def label_for(text: str, widget: QtWidgets.QWidget) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(text)
    label.setBuddy(widget)
    return label
