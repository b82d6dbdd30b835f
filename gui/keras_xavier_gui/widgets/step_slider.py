"""The scrubber: chooses the recorded step that all pictures show or mark."""

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.flow_layout import FlowLayout
from keras_xavier_gui.widgets.icons import play_icon
from keras_xavier_gui.widgets.playing import Player

LIVE_NAMES = {"all": "all steps", "follow": "latest steps", "hold": "this view"}
"""What the view does when new data arrive, see `keras_xavier.figures.Live`; not
imported from there, as that takes its time."""
SHORTEST_SLIDER = 120
"""Pixels."""
PAGES = 10
"""Page Up and Page Down move by the number of records over this."""


MOST = 2**31 - 1
"""What the box can hold; steps are int64."""


class StepBox(QtWidgets.QSpinBox):
    """Holds a step; its arrows move to the next recorded one.

    Whatever step is typed, the box takes it, and is as wide as the last one asks for.
    """

    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._last = 0
        self.setRange(0, MOST)

    def set_last(self, step: int) -> None:
        if step != self._last:
            self._last = step
            self.updateGeometry()

    def sizeHint(self) -> QtCore.QSize:
        return self._narrowed(super().sizeHint())

    def minimumSizeHint(self) -> QtCore.QSize:
        return self._narrowed(super().minimumSizeHint())

    def _narrowed(self, size: QtCore.QSize) -> QtCore.QSize:
        most, last = (
            self.fontMetrics().horizontalAdvance(self.textFromValue(step))
            for step in (MOST, self._last)
        )
        return QtCore.QSize(size.width() - most + last, size.height())

    def stepBy(self, records: int) -> None:
        self.moved.emit(records)

    def stepEnabled(self) -> QtWidgets.QAbstractSpinBox.StepEnabled:
        flags = QtWidgets.QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled


class StepSlider(QtWidgets.QWidget):
    """A slider over the records, a box for the step, and a switch for the latest.

    At its right stands what new data do to the view.
    """

    live_chosen = Signal(object)
    """A `Live`."""
    passed_over = Signal(int)
    """A step that was typed, and that no chosen run has recorded."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.player = Player(selection, self)
        self._choice = selection
        self._updating = False
        self.box = StepBox()
        self.box.setAccessibleName("Step")
        self.box.setKeyboardTracking(False)
        self.box.setGroupSeparatorShown(True)
        self.box.setToolTip("Step to show; the nearest recorded one is taken")
        self.slider = QtWidgets.QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Record")
        self.slider.setToolTip("Record to show (← and →)")
        label = QtWidgets.QLabel("&Step:")
        label.setBuddy(self.box)
        self.count = QtWidgets.QLabel()
        self.latest = QtWidgets.QCheckBox("&Latest")
        self.latest.setToolTip("Always show the latest step")
        self.play = QtWidgets.QToolButton()
        self.play.setAutoRaise(True)
        self.play.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.setToolTip("Play the run, step by step (Ctrl+Space)")
        self.live = QtWidgets.QComboBox()
        self.live.addItems(list(LIVE_NAMES.values()))
        self.live.setAccessibleName("Track")
        self.live.setToolTip(
            "What new records do to the view: it shows all of them, goes along with "
            "the latest, or stays as it is, as after zooming"
        )
        track = QtWidgets.QLabel("Trac&k:")
        track.setBuddy(self.live)
        self.slider.setMinimumWidth(SHORTEST_SLIDER)
        layout = FlowLayout()
        layout.setContentsMargins(8, 4, 8, 6)
        layout.add_pair(label, self.box)
        for widget in (self.slider, self.count, self.play, self.latest):
            layout.addWidget(widget)
        layout.add_pair(track, self.live)
        self.setLayout(layout)
        selection.runs_changed.connect(self._update)
        selection.step_changed.connect(self._update)
        self.slider.valueChanged.connect(self._slid)
        self.box.moved.connect(selection.move)
        self.box.valueChanged.connect(self._typed)
        self.latest.clicked.connect(self._latest_clicked)
        self.play.clicked.connect(self.player.toggle)
        self.player.changed.connect(self._show_playing)
        self.live.activated.connect(
            lambda row: self.live_chosen.emit(list(LIVE_NAMES)[row])
        )
        self._show_playing(False)
        self._update()

    def show_live(self, live: str) -> None:
        """Shows what new data do to the view of the picture that is seen."""
        self.live.setCurrentIndex(list(LIVE_NAMES).index(live))

    def _show_playing(self, playing: bool) -> None:
        color = self.palette().color(QtGui.QPalette.ColorRole.WindowText).name()
        self.play.setIcon(play_icon(playing, color))
        self.play.setAccessibleName("Pause" if playing else "Play")

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.PaletteChange and hasattr(self, "play"):
            self._show_playing(self.player.is_playing)

    def _update(self) -> None:
        """Shows what is chosen; the widgets report only what the user does."""
        steps, record = self._choice.steps, self._choice.record
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
            self.box.set_last(min(int(steps[-1]), MOST))
            self.box.setValue(min(int(steps[record]), MOST))
        what = "record" if len(self._choice.runs) == 1 else "step"
        self.count.setText(f"{what} {record + 1:,} of {len(steps):,}")
        self.latest.setChecked(self._choice.step is None)
        self._updating = False

    def _is_typing(self) -> bool:
        return self.box.lineEdit().isModified()

    def _slid(self, record: int) -> None:
        if not self._updating:
            self._choice.set_record(record)

    def _typed(self, step: int) -> None:
        steps = self._choice.steps
        if not self._updating and len(steps):
            self._choice.go_to(step)
            if step not in steps:
                self.passed_over.emit(step)
            self.box.lineEdit().setModified(False)
            self._update()

    def _latest_clicked(self, checked: bool) -> None:
        steps = self._choice.steps
        self._choice.set_step(None if checked or not len(steps) else int(steps[-1]))
