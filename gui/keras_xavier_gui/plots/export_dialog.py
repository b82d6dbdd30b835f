"""The dialog that exports a figure: name, format, size and resolution."""

import os

from keras_xavier_gui.plots.export_options import (
    CM_PER_INCH,
    FORMATS,
    HIGHEST_DPI,
    LARGEST,
    LOWEST_DPI,
    RASTER,
    SIZES,
    SMALLEST,
    ExportOptions,
)
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets

WIDTH = 520
SCREEN, CUSTOM = "Screen", "Custom"


class ExportDialog(QtWidgets.QDialog):
    """Asks for the file and the options of an exported figure.

    Args:
        parent: Window of the dialog.
        folder: Folder of the last export.
        name: Proposed name of the file, without suffix.
        options: Options of the last export.
        screen: Width and height of the figure on the screen, in inches.
    """

    def __init__(
        self,
        parent: QtWidgets.QWidget,
        *,
        folder: str,
        name: str,
        options: ExportOptions,
        screen: tuple[float, float],
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export figure")
        self.setMinimumWidth(WIDTH)
        self._sizes = {
            SCREEN: tuple(
                min(max(one * CM_PER_INCH, SMALLEST), LARGEST) for one in screen
            ),
            **SIZES,
        }
        self.name = QtWidgets.QLineEdit(name)
        self.folder = QtWidgets.QLineEdit(folder)
        self.format = QtWidgets.QComboBox()
        self.format.addItems(list(FORMATS.values()))
        self.size_box = QtWidgets.QComboBox()
        self.size_box.addItems([*self._sizes, CUSTOM])
        self.width_box, self.height_box = length_box(), length_box()
        self.dpi = QtWidgets.QSpinBox()
        self.dpi.setRange(LOWEST_DPI, HIGHEST_DPI)
        self.dpi.setSuffix(" dpi")
        self.outcome = QtWidgets.QLabel()
        self.buttons = QtWidgets.QDialogButtonBox()
        self._lay_out()
        self._show(options)
        for signal in (
            *(self.name.textChanged, self.folder.textChanged, self.dpi.valueChanged),
            self.format.currentIndexChanged,
        ):
            signal.connect(self._update)
        self.size_box.activated.connect(self._apply_size)
        for box in (self.width_box, self.height_box):
            box.valueChanged.connect(self._show_custom)
        self._update()
        self.name.selectAll()

    def options(self) -> ExportOptions:
        """The options that the dialog shows."""
        return ExportOptions(
            suffix=list(FORMATS)[self.format.currentIndex()],
            size=self.size_box.currentText(),
            width=round(self.width_box.value(), 2),
            height=round(self.height_box.value(), 2),
            dpi=self.dpi.value(),
        )

    def path(self) -> str:
        """Path of the file."""
        suffix = f".{self.options().suffix}"
        name = self.name.text().strip()
        name = name if name.lower().endswith(suffix) else name + suffix
        return os.path.join(os.path.expanduser(self.folder.text().strip()), name)

    def _lay_out(self) -> None:
        browse = QtWidgets.QPushButton("&Browse …")
        browse.clicked.connect(self._browse)
        folder, size = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        folder.addWidget(self.folder, 1)
        folder.addWidget(browse)
        size.addWidget(self.size_box)
        size.addWidget(self.width_box)
        size.addWidget(QtWidgets.QLabel("×"))
        size.addWidget(self.height_box)
        size.addStretch(1)
        form = QtWidgets.QFormLayout()
        for text, control, field in (
            ("&Name:", self.name, self.name),
            ("&Folder:", self.folder, folder),
            ("Forma&t:", self.format, self.format),
            ("&Size:", self.size_box, size),
            ("&Resolution:", self.dpi, self.dpi),
        ):
            label = QtWidgets.QLabel(text)
            label.setBuddy(control)
            control.setAccessibleName(text.replace("&", "").rstrip(":"))
            form.addRow(label, field)
        self.width_box.setAccessibleName("Width")
        self.height_box.setAccessibleName("Height")
        form.addRow("", self.outcome)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        self.export = self.buttons.addButton(
            "&Export", QtWidgets.QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.buttons.addButton(kinds.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addWidget(self.buttons)

    def _show(self, options: ExportOptions) -> None:
        self.format.setCurrentIndex(list(FORMATS).index(options.suffix))
        self.size_box.setCurrentText(options.size)
        self.dpi.setValue(options.dpi)
        self.width_box.setValue(options.width)
        self.height_box.setValue(options.height)
        self._apply_size()

    def _apply_size(self, _row: int = 0) -> None:
        """Shows the width and the height of a named size."""
        lengths = self._sizes.get(self.size_box.currentText())
        boxes = self.width_box, self.height_box
        for box, length in zip(boxes, lengths or (), strict=False):
            with QtCore.QSignalBlocker(box):
                box.setValue(length)
        self._update()

    def _show_custom(self) -> None:
        self.size_box.setCurrentText(CUSTOM)
        self._update()

    def _update(self) -> None:
        options = self.options()
        is_raster = options.suffix == RASTER
        self.dpi.setEnabled(is_raster)
        vector = f"{FORMATS[options.suffix]} is sharp at any resolution"
        self.dpi.setToolTip("" if is_raster else vector)
        width, height = options.pixels
        good = f"{width:,} × {height:,} pixels" if is_raster else vector
        problem = options.problem() or self._file_problem()
        self.outcome.setText(problem or good)
        self.export.setEnabled(not problem)

    def _file_problem(self) -> str:
        name, folder = self.name.text().strip(), os.path.dirname(self.path())
        if not name or os.sep in name or "\0" in self.path():
            return "Enter a name without folders"
        return "" if os.path.isdir(folder or ".") else "The folder does not exist"

    def _browse(self) -> None:
        path = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Folder of the figure", self.folder.text()
        )
        if path:
            self.folder.setText(path)


def length_box() -> QtWidgets.QDoubleSpinBox:
    """A spin box for a width or a height."""
    box = QtWidgets.QDoubleSpinBox()
    box.setRange(SMALLEST, LARGEST)
    box.setDecimals(1)
    box.setSingleStep(0.5)
    box.setSuffix(" cm")
    return box
