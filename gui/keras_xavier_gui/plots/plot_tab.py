"""What all tabs share: reading what is shown, drawing it, saying why not."""

import itertools
from collections.abc import Mapping
from typing import Any

from matplotlib.backend_bases import LocationEvent, MouseEvent

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.figures import DARK, LIGHT, Live, Plot, Style, Table
from keras_xavier.runs import State
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.export import save_plot
from keras_xavier_gui.plots.read_request import Request, none_readable, problem_text
from keras_xavier_gui.plots.table_view import TablePage
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.run_cache import ReadResult
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.theme import is_dark, text_scale
from keras_xavier_gui.widgets.canvas import Canvas, NavigationBar
from keras_xavier_gui.widgets.flow_layout import FlowLayout
from keras_xavier_gui.widgets.message_page import READING, MessagePage
from keras_xavier_gui.widgets.status_bar import excerpt, plain


class PlotTab(Tab):
    """A tab: controls, and a picture that is read and drawn while it is visible.

    One request is under way at a time; what comes in between is made up for by
    one more request at its end. So a slow disk or a fast scrubber never piles
    up work.

    Attributes:
        title: Of the tab, with its mnemonic.
        names: Those of the figures that it shows, for the command line.
        help: What the picture shows, what to look for, and where it comes from.
        picture_class: Draws.
    """

    names: tuple[str, ...]
    plot_class: type[Plot]

    unreadable = Signal(object)
    """Why runs could not be read, by path."""
    drawn = Signal()
    """The picture shows other data."""
    live_changed = Signal()
    """New data move the view in another way."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.selection = selection = context.selection
        self._reading = False
        self._stale = True
        self._subject: tuple[Any, ...] | None = None
        self._shown_subject: tuple[Any, ...] | None = None
        self._step_before_click: int | None = None
        self.data: Any = None
        self.read_paths: tuple[str, ...] = ()
        name = self.title.replace("&", "")
        self.controls = FlowLayout()
        self.controls.setContentsMargins(8, 6, 8, 2)
        self.more_controls = FlowLayout()
        self.more_controls.setContentsMargins(8, 0, 8, 2)
        self._message = MessagePage()
        self._stack = QtWidgets.QStackedWidget()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.controls)
        layout.addLayout(self.more_controls)
        self.problems = QtWidgets.QLabel()
        self.problems.setTextFormat(Qt.TextFormat.PlainText)
        self.problems.setAccessibleName("What cannot be read")
        self.problems.setContentsMargins(8, 0, 8, 2)
        # Of many runs, the first ones: the window gets no wider.
        self.problems.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self.problems.hide()
        layout.addWidget(self.problems)
        layout.addWidget(self._stack, 1)
        self.add_controls()
        if not self.more_controls.count():
            self.more_controls.setContentsMargins(0, 0, 0, 0)
        self.canvas = Canvas(self._style().background)
        self.canvas.setAccessibleName(name)
        self.canvas.set_text_scale(text_scale())
        self._draw_on_canvas()
        self.navigation = NavigationBar(
            self.canvas, reset=self.reset_view, save=lambda: save_plot(self)
        )
        self._stack.addWidget(self.canvas)
        self._table = TablePage(name)
        self.is_tabular = False
        self.read_between: tuple[float, float] | None = None
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._message)
        # An empty picture would be drawn for nothing.
        self._stack.setCurrentWidget(self._message)
        self.controls.addWidget(self.navigation)
        self._order_focus()
        self._position = QtWidgets.QLabel()
        self._position.setTextFormat(Qt.TextFormat.PlainText)
        self._position.setAlignment(
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        )
        # What does not fit is cut off; it never moves the buttons.
        self._position.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )
        self.controls.addWidget(self._position)
        self.canvas.pointed.connect(self._point)
        self.canvas.clicked.connect(self._click)
        self.canvas.unclicked.connect(self._unclick)
        self.canvas.painted.connect(self._tell_live)
        self._told_live = self.plot.live
        selection.runs_changed.connect(self.reread)
        selection.step_changed.connect(self._show_cursor)
        selection.renamed.connect(self._rename)

    # What each tab decides.

    def add_controls(self) -> None:
        """Adds the controls of this tab, left of the navigation buttons."""

    def show_spec(self, spec: FigureSpec) -> None:
        """Sets the controls so that this is seen."""

    def request(self) -> Request | str:
        """What to read, or why there is nothing to see."""
        raise NotImplementedError

    def update_plot(self, data: Any) -> None:
        """Hands what was read to the picture."""
        raise NotImplementedError

    def describe(self, data: Any) -> str:
        """The picture in words, for those who do not see it."""
        raise NotImplementedError

    def locate(self, x: float, y: float) -> str:
        """Where the mouse is, in words."""
        raise NotImplementedError

    def view_changed(self) -> None:
        """Called after each drawing: perhaps other data are in view."""

    def leave_out(self, reasons: Mapping[str, str]) -> bool:
        """Told which runs cannot be read: whether others are to get their room."""
        return False

    def left_out(self) -> Mapping[str, str]:
        """Why chosen runs were not asked for, by path."""
        return {}

    # What is the same in all tabs.

    def reread(self) -> None:
        """Has everything read anew, at once or when the tab is seen."""
        self._stale = True
        self._start()

    def redraw(self) -> None:
        """Draws what was read before, as the controls say now."""
        if self.data is None or not self.isVisible():
            return
        self.update_plot(self.data)
        if self._subject != self._shown_subject:
            self._shown_subject = self._subject
            self.plot.reset_view()
        if self.is_tabular:
            self._table.show_table(self.plot.table())
            self._stack.setCurrentWidget(self._table)
        else:
            self._stack.setCurrentWidget(self.canvas)
        self.canvas.draw_idle()
        self._show_cursor()
        self.drawn.emit()

    def reset_view(self) -> None:
        self.plot.reset_view()
        self.canvas.draw_idle()

    def fit_height(self) -> None:
        """Fits the heights to what is in view of the steps."""
        self.plot.fit_height()
        self.canvas.draw_idle()

    @property
    def live(self) -> Live:
        """What the view does when new data arrive."""
        return self.plot.live

    def set_live(self, live: Live | str) -> None:
        self.plot.set_live(Live(live))
        self.canvas.draw_idle()

    def set_tabular(self, tabular: bool) -> None:
        """Shows numbers in place of the picture, or the picture."""
        self.is_tabular = tabular
        self.redraw()

    def table(self) -> Table:
        """What is shown, as numbers."""
        return Table({}) if self.data is None else self.plot.table()

    def file_name(self) -> str:
        """What a file of it is called, without its ending."""
        shown = self.data if isinstance(self.data, tuple) else (self.data,)
        runs = [one.run for one in shown if one is not None]
        run = f"{len(runs)} runs" if len(runs) > 1 else "".join(runs)
        return f"{run} {self.title.replace('&', '')}".strip().lower().replace(" ", "_")

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in moves:
            self.selection.move(moves[event.key()])
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
        changed = event.type() == QtCore.QEvent.Type.PaletteChange
        # It comes while the window is made, too.
        if not changed or not hasattr(self, "plot"):
            return
        if self._style() is not self.plot.style:
            self.make_plot()
            self.redraw()

    def make_plot(self) -> None:
        """Makes the picture anew: in other colours, or of another class."""
        live = self.plot.live
        self._draw_on_canvas()
        self.plot.set_live(live if live is Live.FOLLOW else Live.ALL)
        self._shown_subject = None

    def _draw_on_canvas(self) -> None:
        self.plot = self.plot_class(self.canvas.figure, style=self._style())
        self.plot.fine = False
        self.canvas.keep_still(lambda: self.plot.static_artists)

    def _tell_live(self) -> None:
        self.view_changed()
        if self.plot.live is not self._told_live:
            self._told_live = self.plot.live
            self.live_changed.emit()

    def _order_focus(self) -> None:
        """Lets Tab go from left to right and from top to bottom."""
        chain = [*self.controls.controls(), *self.navigation.buttons()]
        chain += [*self.more_controls.controls(), self.canvas, self._table]
        focusable = [
            one for one in chain if one.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]
        for first, second in itertools.pairwise(focusable):
            QtWidgets.QWidget.setTabOrder(first, second)

    def _rename(self, old: str, new: str) -> None:
        """Takes a run with a new path for the same, so that the view stays."""

        def rename(subject: Any) -> Any:
            if isinstance(subject, tuple):
                return tuple(map(rename, subject))
            return new if subject == old else subject

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
            QtGui.QCursor.pos(), "" if fits else plain(where), self.canvas
        )

    def _click(self, event: MouseEvent) -> None:
        """Chooses the step that was clicked at."""
        if self.data is None or event.inaxes is None:
            return
        if self.plot.has_steps(event.inaxes):
            self._step_before_click = self.selection.step
            self.selection.go_to(event.xdata)

    def _unclick(self) -> None:
        self.selection.set_step(self._step_before_click)

    def _show_cursor(self) -> None:
        """Marks the chosen step and tells its numbers; the latest needs no mark."""
        record = None if self.selection.step is None else self.selection.record
        step = None if record is None else int(self.selection.steps[record])
        self.plot.show_cursor(step)
        if self.isVisible():
            if self.data is not None:
                self.canvas.setAccessibleDescription(self.describe(self.data))
            self.canvas.show_cursors(lambda: self.plot.cursors)

    def _start(self) -> None:
        if self._reading or not self.isVisible():
            return
        self._stale = False
        request = self.request()
        if isinstance(request, str):
            self._show_message(request)
            return
        self._reading = True
        if self.data is None:
            self._message.set_text(READING)
            self._stack.setCurrentWidget(self._message)

        def done(read: ReadResult) -> None:
            self._reading = False
            if self._stale:
                self._start()
            if self._is_wanted(request):
                self._take(request, read)

        self.context.watcher.read(request.paths, request.reading, done)

    def _take(self, request: Request, read: ReadResult) -> None:
        """Shows what was read, and says what could not be."""
        if read.problems:
            self.unreadable.emit(read.problems)
        if not read.found:
            self._show_message(none_readable(read.reasons))
            return
        if self.leave_out(read.reasons):
            self.reread()
            return
        self.read_paths, self.data = tuple(read.found), tuple(read.found.values())
        self._subject, self.read_between = request.subject, request.between
        broken = {
            run.path: run.reason or ""
            for run in self.selection.runs
            if run.state is State.BROKEN
        }
        self._tell_problems({**broken, **self.left_out(), **read.reasons})
        self.redraw()

    def _tell_problems(self, problems: Mapping[str, str]) -> None:
        text, _, reasons = problem_text(problems).partition("\n")
        self.problems.setText(text)
        self.problems.setToolTip(plain(excerpt(reasons)))
        self.problems.setVisible(bool(problems))

    def _is_wanted(self, request: Request) -> bool:
        """Whether what was asked for is still what is to be shown."""
        wanted = self.request()
        return isinstance(wanted, Request) and wanted.subject == request.subject

    def _show_message(self, message: str) -> None:
        self.data = None
        self.problems.hide()
        self._message.set_text(message)
        self._stack.setCurrentWidget(self._message)
        self.drawn.emit()

    def _style(self) -> Style:
        return DARK if is_dark(self) else LIGHT


def number(value: float) -> str:
    """A number as it is read aloud or in a table."""
    return f"{value:.3g}"
