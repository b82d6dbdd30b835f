"""Selects the recorded step that all plots show or mark, and plays a run."""

from keras_xavier_gui.qt import QtCore, QtWidgets, Signal
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.action_button import IconButton
from keras_xavier_gui.widgets.flow_layout import FlowLayout
from keras_xavier_gui.widgets.player import SPEEDS, Player
from keras_xavier_gui.widgets.record_slider import RecordSlider

LIVE_LABELS = {
    "all": "show all",
    "follow": "follow the latest",
    "hold": "keep the view",
}
"""Labels of the responses to new records, by the members of
`keras_xavier.figures.Live`, whose import would take too long here."""
PAGES = 10
"""Page Up and Page Down move by the number of records divided by this."""
LARGEST_STEP = 2**31 - 1
"""Largest step that the spin box can hold; steps are int64."""


class StepBox(QtWidgets.QSpinBox):
    """A spin box for a step; its arrows move to the next recorded step.

    It accepts any step, and is as wide as the last recorded step requires.
    """

    moved = Signal(int)
    """Number of records to move by."""

    def __init__(self) -> None:
        super().__init__()
        self._last = 0
        self.setRange(0, LARGEST_STEP)

    def set_last(self, step: int) -> None:
        """Sets the last recorded step."""
        if step != self._last:
            self._last = step
            self.updateGeometry()

    def sizeHint(self) -> QtCore.QSize:
        return self._narrowed(super().sizeHint())

    def minimumSizeHint(self) -> QtCore.QSize:
        return self._narrowed(super().minimumSizeHint())

    def _narrowed(self, size: QtCore.QSize) -> QtCore.QSize:
        largest, last = (
            self.fontMetrics().horizontalAdvance(self.textFromValue(step))
            for step in (LARGEST_STEP, self._last)
        )
        return QtCore.QSize(size.width() - largest + last, size.height())

    def stepBy(self, records: int) -> None:
        self.moved.emit(records)

    def stepEnabled(self) -> QtWidgets.QAbstractSpinBox.StepEnabledFlag:
        flags = QtWidgets.QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled


class StepSlider(QtWidgets.QWidget):
    """A slider over the records, a spin box for the step, and a play button.

    A combo box sets how the view responds to new records.
    """

    live_chosen = Signal(object)
    """A `Live`."""
    passed_over = Signal(int)
    """A step that was typed, and that no selected run has recorded."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.player = Player(selection, self)
        self._selection = selection
        self._updating = False
        self.box = StepBox()
        self.box.setAccessibleName("Step")
        self.box.setKeyboardTracking(False)
        self.box.setGroupSeparatorShown(True)
        self.box.setToolTip("Step to show; selects the nearest recorded step")
        self.slider = RecordSlider()
        self.count = QtWidgets.QLabel()
        self.latest = QtWidgets.QCheckBox("&Latest")
        self.latest.setToolTip("Always show the latest step")
        self.play = IconButton("play", "Play")
        self.play.setToolTip("Play the records one after another (Ctrl+Space)")
        self.speed = QtWidgets.QComboBox()
        self.speed.addItems(list(SPEEDS))
        self.speed.setCurrentText("1×")
        self.speed.setAccessibleName("Playback speed")
        self.speed.setToolTip("Playback speed")
        self.live = QtWidgets.QComboBox()
        self.live.addItems(list(LIVE_LABELS.values()))
        self.live.setAccessibleName("When new records arrive")
        self.live.setToolTip(
            "Show all records, follow the latest records, or keep the view; zooming "
            "selects “keep the view”"
        )
        self._lay_out()
        selection.runs_changed.connect(self._update)
        selection.step_changed.connect(self._update)
        self.slider.valueChanged.connect(self._slider_moved)
        self.box.moved.connect(selection.move)
        self.box.valueChanged.connect(self._step_typed)
        self.latest.clicked.connect(self._latest_clicked)
        self.play.clicked.connect(self.player.toggle)
        self.player.changed.connect(self._show_playing)
        self.speed.currentTextChanged.connect(
            lambda text: self.player.set_speed(SPEEDS[text])
        )
        self.live.activated.connect(
            lambda row: self.live_chosen.emit(list(LIVE_LABELS)[row])
        )
        self._show_playing(False)
        self._update()

    def show_live(self, live: str) -> None:
        """Shows how the view of the current plot responds to new records."""
        self.live.setCurrentIndex(list(LIVE_LABELS).index(live))

    def _lay_out(self) -> None:
        step = QtWidgets.QLabel("&Step:")
        step.setBuddy(self.box)
        live = QtWidgets.QLabel("&When new records arrive:")
        live.setBuddy(self.live)
        layout = FlowLayout()
        layout.setContentsMargins(8, 4, 8, 6)
        layout.add_pair(step, self.box)
        for widget in (self.slider, self.count, self.play, self.speed, self.latest):
            layout.addWidget(widget)
        layout.add_pair(live, self.live)
        self.setLayout(layout)

    def _show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")
        self.play.setAccessibleName("Pause" if playing else "Play")

    def _update(self) -> None:
        """Shows the selected step without reporting it as a change by the user."""
        steps, record = self._selection.steps, self._selection.record
        self.setEnabled(record is not None)
        if record is None:
            self.count.clear()
            return
        self._updating = True
        last = len(steps) - 1
        self.slider.setRange(0, last)
        self.slider.setPageStep(max(1, len(steps) // PAGES))
        self.slider.setValue(record)
        if not (self.box.hasFocus() and self._is_typing()):
            self.box.set_last(min(int(steps[-1]), LARGEST_STEP))
            self.box.setValue(min(int(steps[record]), LARGEST_STEP))
        self.count.setText(f"record {record + 1:,} of {len(steps):,}")
        self.latest.setChecked(self._selection.step is None)
        self._updating = False

    def _is_typing(self) -> bool:
        return self.box.lineEdit().isModified()

    def _slider_moved(self, record: int) -> None:
        if not self._updating:
            self._selection.set_record(record)

    def _step_typed(self, step: int) -> None:
        steps = self._selection.steps
        if not self._updating and len(steps):
            self._selection.go_to(step)
            if step not in steps:
                self.passed_over.emit(step)
            self.box.lineEdit().setModified(False)
            self._update()

    def _latest_clicked(self, checked: bool) -> None:
        steps = self._selection.steps
        is_latest = checked or not len(steps)
        self._selection.set_step(None if is_latest else int(steps[-1]))
