"""The dialog for the notes of a run."""

from keras_xavier.runs import Notes
from keras_xavier_gui.qt import Qt, QtWidgets, Signal
from keras_xavier_gui.widgets.status_bar import plain


class NotesDialog(QtWidgets.QDialog):
    """Edits the notes of a run; stays open until they are saved, so that none are lost.

    Args:
        name: Name of the run.
        notes: The present notes.
        parent: Parent of the dialog.
    """

    save_asked = Signal(object)
    """The `Notes` to save."""

    def __init__(self, name: str, notes: Notes, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Notes for {name}")
        self.note = QtWidgets.QPlainTextEdit(notes.text)
        self.note.setTabChangesFocus(True)
        self.note.setAccessibleName("Note")
        self.tags = QtWidgets.QLineEdit(", ".join(notes.tags))
        self.tags.setAccessibleName("Tags")
        self.tags.setPlaceholderText("separated by commas")
        self.problem = QtWidgets.QLabel()
        self.problem.setWordWrap(True)
        self.problem.hide()
        form = QtWidgets.QFormLayout()
        form.addRow("&Note:", self.note)
        form.addRow("&Tags:", self.tags)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        self.buttons = QtWidgets.QDialogButtonBox(kinds.Save | kinds.Cancel)
        self.buttons.accepted.connect(self.save)
        self.buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(self.buttons)
        self.resize(460, 260)

    def save(self) -> None:
        """Requests that the notes be saved, if they are valid."""
        words = (word.strip() for word in self.tags.text().split(","))
        tags = tuple(dict.fromkeys(word for word in words if word))
        try:
            notes = Notes(self.note.toPlainText().strip(), tags)
        except ValueError as error:
            self.show_problem(str(error))
            return
        self.buttons.setEnabled(False)
        self.save_asked.emit(notes)

    def show_problem(self, text: str) -> None:
        """Shows why the notes were not saved; the user can try again."""
        self.problem.setText(plain(text))
        self.problem.show()
        self.buttons.setEnabled(True)
