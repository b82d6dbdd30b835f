"""A plot on its page: canvas, table or message, with a cursor."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from matplotlib.backend_bases import MouseEvent

from keras_xavier.figures import DARK, LIGHT, Live, Plot, Style, Table
from keras_xavier.figures.paging import MOST_LINES
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.controls import plain_label
from keras_xavier_gui.plots.page_bar import PageBar
from keras_xavier_gui.plots.read_request import problem_text
from keras_xavier_gui.plots.reading.legend import LegendClicks
from keras_xavier_gui.plots.reading.menu import PlotMenu
from keras_xavier_gui.plots.reading.reader import Reader
from keras_xavier_gui.plots.reading.visibility import Visibility
from keras_xavier_gui.plots.table_view import TablePage
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.theme import is_dark, text_scale
from keras_xavier_gui.widgets.canvas import Canvas, Overlay
from keras_xavier_gui.widgets.message_page import MessagePage
from keras_xavier_gui.widgets.navigation import Navigation
from keras_xavier_gui.widgets.status_bar import excerpt, plain


class PlotPage(Tab):
    """Shows data as a plot or as a table; subclasses read the data.

    Args:
        title: Title of the tab, with its mnemonic.
        context: State and services of the app.

    Attributes:
        data: Data of the runs that are shown, or None.
        plot: Draws the data on the canvas. Made when it is first needed: empty plots in
            all tabs would take a third of the time to the first figure.
    """

    drawn = Signal()
    """The plot shows other data."""
    layer_asked = Signal(str, str)
    """Name of a figure, and of the layer to show in it."""
    copy_asked = Signal()
    """The user wants the figure on the clipboard."""
    live_changed = Signal()
    """The view responds to new records in another way."""

    def __init__(self, title: str, context: AppContext) -> None:
        super().__init__(context, title)
        self.selection = context.selection
        self.data: Any = None
        self._data_class: type[Plot] | None = None
        self.is_tabular = False
        self._subject: tuple[Any, ...] | None = None
        self._shown_subject: tuple[Any, ...] | None = None
        self._step_before_click: int | None = None
        self._known_live: Live | None = None
        self._known_style: Style | None = None
        self.problems = QtWidgets.QLabel()
        self._message = MessagePage()
        self._table = TablePage(plain_label(title))
        self.page_bar = PageBar()
        self._stack = QtWidgets.QStackedWidget()
        self._lay_out()

    def start(self) -> None:
        """Adds the canvas after the controls."""
        self.canvas = Canvas(self._style().background)
        self.canvas.setAccessibleName(self.accessibleName())
        self.canvas.set_text_scale(text_scale())
        self._color_canvas()
        self.canvas.cache_static_artists(lambda: self.plot.static_artists)
        self.navigation = Navigation(self.canvas)
        self.canvas.reset_asked.connect(self.reset_view)
        for page in (self.canvas, self._table, self._message):
            self._stack.addWidget(page)
        # An empty plot would be drawn for nothing.
        self._stack.setCurrentWidget(self._message)
        self.reader = Reader(self)
        visibility = Visibility(self.selection)
        self.legend = LegendClicks(self, visibility)
        self.menu = PlotMenu(self, self.reader, visibility)
        self.canvas.clicked.connect(self._click)
        self.canvas.unclicked.connect(self._unclick)
        self.canvas.painted.connect(self._painted)
        self.selection.step_changed.connect(self._show_cursor)
        self.selection.renamed.connect(self._rename)

    # To be overridden

    def plot_class(self) -> type[Plot]:
        """The class of the plot."""
        raise NotImplementedError

    def update_plot(self, data: Any) -> None:
        """Draws data with the options that the controls show."""
        raise NotImplementedError

    def describe(self, data: Any) -> str:
        """Describes the data in text, for screen readers."""
        raise NotImplementedError

    def shown_page(self) -> tuple[int, int]:
        """The index of the page of panels that is drawn, and the number of pages."""
        return self.plot.page, self.plot.pages

    def view_changed(self) -> None:
        """Called after each drawing: other data may have come into view."""

    # Called by the window and the menus

    @property
    def has_current_data(self) -> bool:
        """Whether there are data, of the selected figure.

        The old plot stays while another figure is being read.
        """
        return self.data is not None and self._data_class is self.plot_class()

    def show_data(self, data: Any) -> None:
        """Draws data that were read for the selected figure."""
        self.data, self._data_class = data, self.plot_class()
        if type(self.plot) is not self._data_class:
            self.make_plot()
        self.redraw()

    def redraw(self) -> None:
        """Draws the data with the current options, if the tab is visible."""
        if not self.has_current_data or not self.isVisible():
            return
        self.legend.list_hidden()
        self.update_plot(self.data)
        if self._subject != self._shown_subject:
            self._shown_subject = self._subject
            self.plot.reset_view()
        if self.is_tabular:
            self._table.show_table(self.plot.table())
            self._stack.setCurrentWidget(self._table)
            self.page_bar.hide()
        else:
            self._stack.setCurrentWidget(self.canvas)
            self.page_bar.show_pages(*self.shown_page())
        self.canvas.draw_idle()
        self._show_cursor()
        self.drawn.emit()

    def reset_view(self) -> None:
        """Fits the view to the data."""
        self.plot.reset_view()
        self.canvas.draw_idle()

    def fit_height(self) -> None:
        """Fits the heights to the steps in view."""
        self.plot.fit_height()
        self.canvas.draw_idle()

    @property
    def live(self) -> Live:
        """How the view responds to new records."""
        return self.plot.live

    def set_live(self, live: Live | str) -> None:
        """Sets how the view responds to new records."""
        self.plot.set_live(Live(live))
        self.canvas.draw_idle()

    def set_tabular(self, tabular: bool) -> None:
        """Shows the table in place of the plot, or the plot."""
        self.is_tabular = tabular
        self.redraw()

    def table(self) -> Table:
        """The data in view, as a table."""
        return Table({}) if self.data is None else self.plot.table()

    def make_plot(self) -> None:
        """Makes a new plot: in other colors, or of another class."""
        live = self.plot.live
        self._color_canvas()
        self.plot = self._new_plot()
        self.plot.set_live(live if live is Live.FOLLOW else Live.ALL)
        self._shown_subject = None

    # Events

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        moves: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        turns: dict[int, int] = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        if event.key() in moves:
            self.selection.move(moves[event.key()])
        elif event.key() in turns:
            self.page_bar.turn(turns[event.key()])
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        # Qt also sends this event before there is a canvas.
        if (
            event.type() != QtCore.QEvent.Type.PaletteChange
            or self._known_style is None
        ):
            return
        if self._style() is not self._known_style:
            self._color_canvas()
            if self._has_plot:
                self.make_plot()
            self.redraw()

    # Parts

    def _lay_out(self) -> None:
        policies = QtWidgets.QSizePolicy.Policy
        self.problems.setTextFormat(Qt.TextFormat.PlainText)
        self.problems.setAccessibleName("Unreadable runs")
        self.problems.setContentsMargins(8, 0, 8, 2)
        # Long texts are cut off rather than widening the window.
        self.problems.setSizePolicy(policies.Ignored, policies.Fixed)
        self.problems.hide()
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.problems)
        panels = QtWidgets.QHBoxLayout()
        panels.addWidget(self._stack, 1)
        panels.addWidget(self.page_bar)
        layout.addLayout(panels, 1)

    @cached_property
    def plot(self) -> Plot:
        return self._new_plot()

    @property
    def _has_plot(self) -> bool:
        return "plot" in self.__dict__

    def _new_plot(self) -> Plot:
        plot = self.plot_class()(self.canvas.figure, style=self._style())
        plot.fine, plot.line_limit = False, MOST_LINES
        return plot

    def _color_canvas(self) -> None:
        self._known_style = self._style()
        # matplotlib makes it white, which shows at the edges of some screens.
        background = QtGui.QColor(self._known_style.background)
        self.canvas.setPalette(QtGui.QPalette(background))

    def _style(self) -> Style:
        return DARK if is_dark(self) else LIGHT

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        """Lists runs that are not shown, with the reasons in the tooltip."""
        text, _, reasons = problem_text(problems).partition("\n")
        self.problems.setText(text)
        self.problems.setToolTip(plain(excerpt(reasons)))
        self.problems.setVisible(bool(problems))

    def _show_message(self, message: str) -> None:
        """Shows a message in place of the plot."""
        self.data = None
        self.problems.hide()
        self.page_bar.hide()
        self._message.set_text(message)
        self._stack.setCurrentWidget(self._message)
        self.drawn.emit()

    # Mouse and cursor

    def _painted(self) -> None:
        self.view_changed()
        if self.plot.live is not self._known_live:
            self._known_live = self.plot.live
            self.live_changed.emit()

    def _click(self, event: MouseEvent) -> None:
        """Selects the clicked step."""
        if self.data is None or event.inaxes is None or event.xdata is None:
            return
        if self.plot.has_steps(event.inaxes):
            self._step_before_click = self.selection.step
            self.selection.go_to(event.xdata)

    def _unclick(self) -> None:
        self.selection.set_step(self._step_before_click)

    def _show_cursor(self) -> None:
        """Marks the selected step and describes its values.

        The latest step needs no mark.
        """
        if not self.isVisible():
            return
        record = None if self.selection.step is None else self.selection.record
        step = None if record is None else int(self.selection.steps[record])
        self.plot.show_cursor(step)
        if self.has_current_data:
            self.reader.describe(self.describe(self.data))
        self.canvas.set_overlay(Overlay.CURSORS, self.plot.cursors)
        self.canvas.repaint_overlays()

    def _rename(self, old: str, new: str) -> None:
        """Replaces the path of a renamed run in the subject, to keep the view."""

        def rename(subject: Any) -> Any:
            if isinstance(subject, tuple):
                return tuple(map(rename, subject))
            return new if subject == old else subject

        self._subject = rename(self._subject)
        self._shown_subject = rename(self._shown_subject)
