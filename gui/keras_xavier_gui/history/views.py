"""Reads the view of the window, and sets it."""

from typing import TYPE_CHECKING

from keras_xavier.figure_spec import FIGURES
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.history.view_state import View, ViewState
from keras_xavier_gui.tabs import Tabs

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab


def capture(context: AppContext, tabs: Tabs) -> ViewState:
    """Returns what the window shows."""
    selection, tab, plot = context.selection, tabs.current(), tabs.plot()
    return ViewState(
        runs=tuple(run.path for run in selection.all_runs),
        tab=tab.accessibleName() if tab else "",
        figure=plot.figure.name if plot else None,
        options=tuple(plot.options.values(plot.figure).items()) if plot else (),
        hidden=selection.hidden,
        hidden_runs=selection.hidden_runs,
        extra=selection.extra,
        step=selection.step,
        page=plot.page_bar.value() if plot else 0,
        views=zoom_of(plot) if plot else (),
        evidence=context.evidence.found,
    )


def zoom_of(plot: "PlotTab") -> tuple[View, ...]:
    """Returns the limits of each panel; nothing if they fit the data."""
    if not plot.has_current_data or plot.plot.follow:
        return ()
    panels = plot.plot.layout.axes
    return tuple((axes.get_xlim(), axes.get_ylim()) for axes in panels)


def show_tab(tabs: Tabs, state: ViewState) -> None:
    """Selects the tab and the figure of a view, and sets the options."""
    for place in range(tabs.count()):
        tab = tabs.widget(place)
        if tab is not None and tab.accessibleName() == state.tab:
            tabs.setCurrentIndex(place)
    plot = tabs.plot()
    if plot is None or state.figure not in plot.names:
        return
    plot.select_figure(FIGURES[state.figure])
    for name, value in state.options:
        if name in plot.options:
            plot.options.set_value(name, value)


def show_page(plot: "PlotTab", state: ViewState) -> bool:
    """Turns to the page of panels of a view; returns whether it was another page."""
    before = plot.page_bar.value()
    plot.page_bar.setValue(state.page)
    return plot.page_bar.value() != before


def show_zoom(plot: "PlotTab", state: ViewState) -> None:
    """Sets the limits of the panels once the data of a view are drawn."""
    panels = plot.plot.layout.axes
    if not plot.has_current_data:
        return
    if len(panels) != len(state.views):
        plot.reset_view()
        return
    for axes, (x, y) in zip(panels, state.views, strict=True):
        axes.set_xlim(x)
        axes.set_ylim(y)
    plot.canvas.draw_idle()
