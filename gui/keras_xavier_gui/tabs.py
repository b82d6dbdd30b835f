"""The tabs of the window: plots, hyperparameters and diagnosis."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtGui, QtWidgets, Signal
from keras_xavier_gui.run_panel.hyperparameters_tab import HyperparametersTab
from keras_xavier_gui.tab import Tab
from keras_xavier_gui.theme import text_scale
from keras_xavier_gui.toolbar import Toolbar
from keras_xavier_gui.widgets.tab_bar import TabBar

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab


PlotTabs: TypeAlias = "Sequence[Callable[[AppContext], PlotTab]]"
"""Create the tabs with plots."""


class Tabs(QtWidgets.QTabWidget):
    """Shows one tab for each plot, and the tabs for hyperparameters and diagnosis.

    There are no tabs until `fill` is called: the window is shown while matplotlib is
    being imported. All plots show the same quantity, except in tabs where it is pinned.

    Args:
        context: State and services of the app.
        toolbar: Shows the controls of the current tab.
    """

    live_changed = Signal()
    """The current plot may respond to new records in another way."""
    plot_changed = Signal()
    """The current plot may have other options or another view."""
    evidence_asked = Signal(object)
    """A finding whose evidence the user wants to see: a tuple of `RunFinding`."""
    try_asked = Signal(str)
    """Path of a run whose remedies the user wants to try."""
    experiment_asked = Signal(object)
    """An `Experiment` that the user wants to set up."""
    compare_asked = Signal(str)
    """A folder of runs that the user wants to compare."""

    def __init__(self, context: AppContext, toolbar: Toolbar) -> None:
        super().__init__()
        self._context = context
        self._toolbar = toolbar
        self._plots: list[PlotTab] = []
        self.setDocumentMode(True)
        self._bar = TabBar()
        self.setTabBar(self._bar)
        self.setAccessibleName("Plots")
        self.currentChanged.connect(lambda _: self._show_current())

    def fill(self, plot_tabs: PlotTabs) -> None:
        """Adds all tabs.

        Args:
            plot_tabs: Create the tabs with plots.
        """
        # Not before: they import matplotlib.
        from keras_xavier_gui.diagnosis.tab import DiagnosisTab
        from keras_xavier_gui.plots.controls import Controls
        from keras_xavier_gui.plots.export import copy_plot

        for create in plot_tabs:
            plot = create(self._context)
            plot.unreadable.connect(self._context.runs.mark_damaged)
            plot.live_changed.connect(self.live_changed)
            plot.layer_asked.connect(self.show_layer)
            plot.copy_asked.connect(partial(copy_plot, plot))
            plot.drawn.connect(self.live_changed)
            plot.drawn.connect(self.plot_changed)
            plot.canvas.painted.connect(self.plot_changed)
            plot.options.changed.connect(partial(self._share, plot))
            plot.options.pin.toggled.connect(partial(self._rejoin, plot))
            self._plots.append(plot)
        self._diagnosis = diagnosis = DiagnosisTab(self._context)
        diagnosis.evidence_asked.connect(self.evidence_asked)
        diagnosis.try_asked.connect(self.try_asked)
        diagnosis.experiment_asked.connect(self.experiment_asked)
        diagnosis.compare_asked.connect(self.compare_asked)
        for tab in (*self._plots, HyperparametersTab(self._context), diagnosis):
            if not tab.first_row.count():
                Controls((), tab.first_row, tab.second_row).setParent(tab)
            self._toolbar.add_tab(tab)
            self.addTab(tab, tab.title)
        self._bar.fit(self.width())

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._bar.fit(self.width())
        super().resizeEvent(event)

    def current(self) -> Tab | None:
        """The current tab; `None` while there are none."""
        tab = self.currentWidget()
        return tab if isinstance(tab, Tab) else None

    @property
    def plots(self) -> "Sequence[PlotTab]":
        """The tabs with plots."""
        return tuple(self._plots)

    def plot(self) -> "PlotTab | None":
        """The current tab if it shows a plot."""
        tab = self.currentWidget()
        return next((plot for plot in self._plots if plot is tab), None)

    def show_spec(self, spec: FigureSpec) -> None:
        """Shows a figure with its options; nothing if the spec names no figure."""
        for plot in self._plots:
            if spec.figure in plot.names:
                self.setCurrentWidget(plot)
                plot.show_spec(spec)

    def update_trials(self) -> None:
        """Shows the latest results of remedies in the Diagnosis tab."""
        self._diagnosis.update_trials()

    def show_finding(self, key: tuple[object, ...]) -> None:
        """Shows a finding in the Diagnosis tab."""
        self.setCurrentWidget(self._diagnosis)
        self._diagnosis.choose(key)

    def reset_options(self, figure: str) -> None:
        """Sets the options of the tab with a figure to their defaults."""
        for plot in self._plots:
            if figure in plot.names:
                plot.options.reset()

    def use_tool(self, tool: str) -> None:
        """Sets the effect of dragging the mouse over plots; see `Tool`."""
        # Not before: it imports matplotlib.
        from keras_xavier_gui.widgets.navigation import Tool

        for plot in self._plots:
            plot.navigation.use(Tool(tool))

    def show_layer(self, figure: str, layer: str) -> None:
        """Shows a figure of one layer."""
        for plot in self._plots:
            if figure in plot.names:
                plot.show_layer(figure, layer)
                self.setCurrentWidget(plot)

    def set_live(self, live: str) -> None:
        """Sets how the current plot responds to new records."""
        if plot := self.plot():
            plot.set_live(live)

    def set_tabular(self, tabular: bool) -> None:
        """Shows tables instead of plots, or plots again."""
        for plot in self._plots:
            plot.set_tabular(tabular)

    def scale_text(self) -> None:
        """Applies the app's text size to all plots."""
        for plot in self._plots:
            plot.canvas.set_text_scale(text_scale())

    def _show_current(self) -> None:
        if tab := self.current():
            self._toolbar.show_tab(tab)
        self.live_changed.emit()

    # The shared quantity

    def _sharing(self) -> "list[PlotTab]":
        """The plots that show the shared quantity."""
        return [
            plot
            for plot in self._plots
            if "quantity" in plot.options and not plot.options.pin.isChecked()
        ]

    def _share(self, source: "PlotTab", name: str) -> None:
        """Shows the quantity of a tab in the others."""
        sharing = self._sharing()
        if name == "quantity" and source in sharing:
            for plot in sharing:
                plot.options.set_value(name, source.options.value(name))

    def _rejoin(self, plot: "PlotTab", pinned: bool) -> None:
        """Shows the shared quantity in a tab whose quantity is no longer pinned."""
        others = [one for one in self._sharing() if one is not plot]
        if not pinned and others:
            plot.options.set_value("quantity", others[0].options.value("quantity"))


def import_plot_tabs() -> PlotTabs:
    """Imports matplotlib and the tabs with plots, which takes a while."""
    import keras_xavier_gui.diagnosis.tab  # noqa: F401
    from keras_xavier_gui.plots import PLOT_TABS

    return PLOT_TABS
