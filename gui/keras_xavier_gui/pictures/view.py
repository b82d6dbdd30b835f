"""What all tabs share: reading what is shown, drawing it, saying why not."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.backend_bases import LocationEvent, MouseEvent

from keras_xavier.figures import DARK, LIGHT, Picture, Style
from keras_xavier.runs import RunError, State
from keras_xavier.statistics import Quantity
from keras_xavier_gui.canvas import Canvas, NavigationBar
from keras_xavier_gui.choice import Choice
from keras_xavier_gui.follow import Follower
from keras_xavier_gui.messages import MessagePage
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal

QUANTITIES = {
    Quantity.ACTIVATION: "activation z",
    Quantity.PREACTIVATION_GRADIENT: "gradient ∂C/∂s",
    Quantity.PREACTIVATION: "preactivation s",
    Quantity.WEIGHT: "weight W",
    Quantity.WEIGHT_GRADIENT: "gradient ∂C/∂W",
    Quantity.WEIGHT_UPDATE: "update ΔW",
}
"""Short, as there is little room."""
SHORTEST = 12
"""Letters of a choice that are seen in any case."""


@dataclass(frozen=True)
class Request:
    """What a picture needs to have read.

    Attributes:
        subject: What the picture is about; when it changes, the view is reset.
        paths: Runs to read from.
        reading: Called with these runs, in the reading thread.
    """

    subject: tuple[Any, ...]
    paths: tuple[str, ...]
    reading: Callable[..., Any]


class PictureView(QtWidgets.QWidget):
    """A tab: controls, and a picture that is read and drawn while it is visible.

    One request is under way at a time; what comes in between is made up for by
    one more request at its end. So a slow disk or a fast scrubber never piles
    up work.

    Attributes:
        title: Of the tab, with its mnemonic.
        picture_class: Draws.
    """

    title: str
    picture_class: type[Picture]

    failed = Signal(object)
    """An exception that was not foreseen."""
    drawn = Signal()
    """The picture shows other data."""

    def __init__(self, choice: Choice, follower: Follower) -> None:
        super().__init__()
        self.choice = choice
        self._follower = follower
        self._reading = False
        self._stale = True
        self._subject: tuple[Any, ...] | None = None
        self._shown_subject: tuple[Any, ...] | None = None
        self._step_before_click: int | None = None
        self.data: Any = None
        name = self.title.replace("&", "")
        self.setAccessibleName(name)
        self.controls = QtWidgets.QHBoxLayout()
        self.controls.setContentsMargins(8, 6, 8, 2)
        self.controls.setSpacing(8)
        self._message = MessagePage()
        self._stack = QtWidgets.QStackedWidget()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.controls)
        layout.addWidget(self._stack, 1)
        self.add_controls()
        self.canvas = Canvas(self._style().background)
        self.canvas.setAccessibleName(name)
        self.picture = self.picture_class(self.canvas.figure, style=self._style())
        self.navigation = NavigationBar(
            self.canvas, reset=self.reset_view, save=self.save
        )
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self._message)
        self.controls.addWidget(self.navigation)
        self._order_focus()
        self._position = QtWidgets.QLabel()
        self._position.setAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        # What does not fit is cut off; it never moves the buttons.
        self._position.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )
        self.controls.addWidget(self._position, 1)
        self.canvas.pointed.connect(self._point)
        self.canvas.clicked.connect(self._click)
        self.canvas.unclicked.connect(self._unclick)
        choice.runs_changed.connect(self.reread)
        choice.step_changed.connect(self._show_cursor)
        choice.renamed.connect(self._rename)

    # What each tab decides.

    def add_controls(self) -> None:
        """Adds the controls of this tab, left of the navigation buttons."""

    def request(self) -> Request | str:
        """What to read, or why there is nothing to see."""
        raise NotImplementedError

    def update_picture(self, data: Any) -> None:
        """Hands what was read to the picture."""
        raise NotImplementedError

    def describe(self, data: Any) -> str:
        """The picture in words, for those who do not see it."""
        raise NotImplementedError

    def locate(self, x: float, y: float) -> str:
        """Where the mouse is, in words."""
        raise NotImplementedError

    # What is the same in all tabs.

    def reread(self) -> None:
        """Has everything read anew, at once or when the tab is seen."""
        self._stale = True
        self._start()

    def redraw(self) -> None:
        """Draws what was read before, as the controls say now."""
        if self.data is None or not self.isVisible():
            return
        self.update_picture(self.data)
        if self._subject != self._shown_subject:
            self._shown_subject = self._subject
            self.picture.reset_view()
        self.canvas.setAccessibleDescription(self.describe(self.data))
        self._stack.setCurrentWidget(self.canvas)
        self.canvas.draw_idle()
        self._show_cursor()
        self.drawn.emit()

    def reset_view(self) -> None:
        self.picture.reset_view()
        self.canvas.draw_idle()

    def save(self) -> None:
        """Asks where, and saves the picture in the light style."""
        if self.data is None:
            return
        path, _ = QtWidgets.QFileDialog.getSaveFileName(
            self,
            "Save picture",
            f"{self.file_name()}.png",
            "Images (*.png *.svg *.pdf)",
        )
        if not path:
            return
        try:
            self.picture.export().savefig(path)
        except (OSError, ValueError) as error:
            QtWidgets.QMessageBox.warning(
                self, "Save picture", f"The picture could not be saved.\n{error}"
            )

    def file_name(self) -> str:
        run = self.choice.run.name if self.choice.run else ""
        return f"{run} {self.title.replace('&', '')}".strip().lower().replace(" ", "_")

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            self.choice.move(moves[event.key()])
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._start()
        else:
            self.redraw()

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.Type.PaletteChange and hasattr(self, "canvas"):
            style = self._style()
            if style is not self.picture.style:
                self.picture = self.picture_class(self.canvas.figure, style=style)
                self.redraw()

    def _order_focus(self) -> None:
        """Lets Tab go from left to right and from top to bottom."""
        chain = [self.controls.itemAt(i).widget() for i in range(self.controls.count())]
        chain += self.navigation.buttons()
        chain.append(self.canvas)
        focusable = [
            one for one in chain if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        for first, second in itertools.pairwise(focusable):
            QtWidgets.QWidget.setTabOrder(first, second)

    def _rename(self, old: str, new: str) -> None:
        """Takes a run with a new path for the same, so that the view stays."""

        def rename(subject: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
            return subject and tuple(new if one == old else one for one in subject)

        self._subject = rename(self._subject)
        self._shown_subject = rename(self._shown_subject)

    def _point(self, event: LocationEvent) -> None:
        axes = event.inaxes if event.name == "motion_notify_event" else None
        inside = self.data is not None and axes is not None and axes.get_navigate()
        where = self.locate(event.xdata, event.ydata) if inside else ""
        room = self._position.width()
        fits = self._position.fontMetrics().horizontalAdvance(where) <= room
        self._position.setText(where if fits else "")
        QtWidgets.QToolTip.showText(
            QtGui.QCursor.pos(), "" if fits else where, self.canvas
        )

    def _click(self, event: MouseEvent) -> None:
        """Chooses the step that was clicked at."""
        if self.data is None or event.inaxes is None:
            return
        if self.picture.has_steps(event.inaxes):
            self._step_before_click = self.choice.step
            self.choice.go_to(event.xdata)

    def _unclick(self) -> None:
        self.choice.set_step(self._step_before_click)

    def _show_cursor(self) -> None:
        """Marks the chosen step; the latest one needs no mark."""
        record = None if self.choice.step is None else self.choice.record
        step = None if record is None else int(self.choice.run.steps[record])
        self.picture.show_cursor(step)
        if self.isVisible():
            self.canvas.show_cursors(lambda: self.picture.cursors)

    def _start(self) -> None:
        if self._reading or not self.isVisible():
            return
        self._stale = False
        request = self.request()
        if isinstance(request, str):
            self._show_message(request)
            return
        self._reading = True

        def done(data: Any) -> None:
            self._reading = False
            if self._stale:
                self._start()
            if request.paths == self._paths():
                self.data, self._subject = data, request.subject
                self.redraw()

        def failed(error: Exception) -> None:
            self._reading = False
            if self._stale:
                self._start()
            elif isinstance(error, RunError):
                self._show_message(f"The run cannot be read.\n{error}")
            else:
                self._show_message(
                    "The picture cannot be drawn; the button at the bottom right "
                    "tells why."
                )
                self.failed.emit(error)

        self._follower.read(request.paths, request.reading, done, failed)

    def _paths(self) -> tuple[str, ...]:
        request = self.request()
        return () if isinstance(request, str) else request.paths

    def _show_message(self, message: str) -> None:
        self.data = None
        self._message.set_text(message)
        self._stack.setCurrentWidget(self._message)
        self.drawn.emit()

    def _style(self) -> Style:
        window = self.palette().color(QtGui.QPalette.ColorRole.Window)
        return DARK if window.lightness() < 128 else LIGHT


def why_nothing(choice: Choice) -> str | None:
    """Why there is nothing to see of the chosen run, if so."""
    run = choice.run
    if run is None:
        return "Choose a run in the list at the left."
    if run.state is State.BROKEN:
        return f"{run.name} cannot be read.\n{run.reason or ''}".rstrip()
    if not len(run.steps):
        if run.state is State.RUNNING:
            return (
                f"{run.name} has no records yet.\n"
                "The first one comes with the first step; preparing the training "
                "can take a minute."
            )
        return f"{run.name} ended before its first record."
    return None


def add_choice(
    layout: QtWidgets.QHBoxLayout, text: str, names: list[str], tip: str
) -> QtWidgets.QComboBox:
    """Adds a labelled combo box; the label holds its mnemonic."""
    label = QtWidgets.QLabel(text)
    box = QtWidgets.QComboBox()
    box.addItems(names)
    box.setToolTip(tip)
    box.setAccessibleName(text.replace("&", "").rstrip(":"))
    # In a narrow window, the box gives way.
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setSizePolicy(
        QtWidgets.QSizePolicy.Policy.Maximum, QtWidgets.QSizePolicy.Policy.Fixed
    )
    box.setMinimumWidth(box.fontMetrics().horizontalAdvance("n" * SHORTEST))
    label.setBuddy(box)
    layout.addWidget(label)
    layout.addWidget(box)
    return box


def add_switch(
    layout: QtWidgets.QHBoxLayout, text: str, tip: str
) -> QtWidgets.QCheckBox:
    switch = QtWidgets.QCheckBox(text)
    switch.setToolTip(tip)
    layout.addWidget(switch)
    return switch


def number(value: float) -> str:
    """A number as it is read aloud or in a table."""
    return f"{value:.3g}"
