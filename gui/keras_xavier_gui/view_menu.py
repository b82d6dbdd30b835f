"""The View menu: tabs, view, step, panels and appearance."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.actions import Slot, add_action
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QAction, QActionGroup, QtCore, QtWidgets
from keras_xavier_gui.tabs import Tabs
from keras_xavier_gui.theme import (
    Theme,
    apply_theme,
    font_size,
    set_font_size,
    system_font_size,
)

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab

DIGITS = 9
"""Number of tabs with a shortcut; Ctrl+0 resets the view."""
NO_FIGURE = "This tab shows no figure"


class ViewMenu(QtCore.QObject):
    """Fills the View menu once there are tabs.

    Args:
        menu: Menu to fill.
        context: State and services of the app.
        tabs: The tabs, on which most actions work.
        history: Back and Forward.
        bookmarks: Menu of bookmarks.
        export: Actions that save and copy figures.
        play: Plays or pauses the run.
        runs: List of runs, to set the focus to.
        layers: Filter of layers, to set the focus to.
        sidebar: Panel with both lists, to show or hide.
        toolbar: Toolbar, to show or hide.

    Attributes:
        history: Back and Forward.
        bookmarks: Menu of bookmarks.
        sidebar: Shows or hides the lists.
        toolbar: Shows or hides the toolbar.
        reset: Fits the view to the data.
        zoom: Makes dragging the mouse zoom.
        pan: Makes dragging the mouse move the view.
        table: Shows the numbers in place of the figure.
        defaults: Sets the options of the figure to their defaults.
    """

    def __init__(
        self,
        menu: QtWidgets.QMenu,
        context: AppContext,
        tabs: Tabs,
        *,
        history: Sequence[QAction],
        bookmarks: QtWidgets.QMenu,
        export: Sequence[QAction],
        play: Slot,
        runs: QtWidgets.QWidget,
        layers: QtWidgets.QWidget,
        sidebar: QtWidgets.QWidget,
        toolbar: QtWidgets.QWidget,
    ) -> None:
        super().__init__(menu)
        self._context = context
        self._tabs = tabs
        self._on_figures = [(action, action.statusTip()) for action in export]
        self.history, self.bookmarks = history, bookmarks
        places = menu.addMenu("&Go to")
        for i in range(tabs.count()):
            go = functools.partial(tabs.setCurrentIndex, i)
            keys = f"Ctrl+{i + 1}" if i < DIGITS else ""
            add_action(places, tabs.tabText(i), go, keys=keys)
        menu.addActions(list(history))
        menu.addMenu(bookmarks)
        menu.addSeparator()
        self._add_view(menu)
        menu.addSeparator()
        selection = context.selection
        for text, keys, slot in (
            ("&Previous record", "Ctrl+Left", lambda: selection.move(-1)),
            ("&Next record", "Ctrl+Right", lambda: selection.move(1)),
            ("&Latest record", "Alt+End", lambda: selection.set_step(None)),
            ("Pla&y or pause", "Ctrl+Space", play),
        ):
            add_action(menu, text, slot, keys=keys)
        menu.addSeparator()
        self.sidebar = self._add_switch(
            menu,
            text="Side panel",
            keys="Ctrl+B",
            tip="Show or hide the lists of runs and layers",
            part=stored.SIDEBAR,
            widget=sidebar,
        )
        self.toolbar = self._add_switch(
            menu,
            text="Tool&bar",
            keys="Ctrl+Shift+B",
            tip="Show or hide the toolbar, to leave more room for figures",
            part=stored.TOOLBAR,
            widget=toolbar,
        )
        places.addSeparator()
        for text, keys, widget in (
            ("List of runs", "Ctrl+R", runs),
            ("Filter of layers", "Ctrl+F", layers),
        ):
            focus = functools.partial(self._focus, widget)
            add_action(places, text, focus, keys=keys)
        menu.addSeparator()
        self._add_themes(menu.addMenu("The&me"))
        self._add_text_sizes(menu.addMenu("Te&xt size"))
        tabs.currentChanged.connect(lambda _: self._enable())
        self._enable()

    def _add_view(self, menu: QtWidgets.QMenu) -> None:
        def on_figure(
            text: str, keys: str, slot: "Callable[[PlotTab], object]", tip: str = ""
        ) -> QAction:
            action = add_action(menu, text, self._on_plot(slot), keys=keys, tip=tip)
            self._on_figures.append((action, tip))
            return action

        self.reset = on_figure(
            *("&Reset view", "Ctrl+0", lambda tab: tab.reset_view()),
            "Show all data and follow them (Home, double click)",
        )
        on_figure(
            "Fit &vertical axis to visible data", "Ctrl+H", lambda tab: tab.fit_height()
        )
        on_figure("Zoom &in", "Ctrl++", lambda tab: tab.canvas.zoom_in())
        on_figure("Zoom &out", "Ctrl+-", lambda tab: tab.canvas.zoom_out())
        group = QActionGroup(menu)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self.zoom = self._add_tool(
            menu,
            group,
            "&Zoom with the mouse",
            "Drag a rectangle to zoom into it (mouse wheel, + and −)",
        )
        self.pan = self._add_tool(
            menu,
            group,
            "&Drag the view",
            "Drag to move the view (Shift with arrow keys)",
        )
        self.table = on_figure(
            *("Show as &table", "Ctrl+T"),
            lambda _: self._tabs.set_tabular(self.table.isChecked()),
            "Show the numbers of the figure in a table",
        )
        self.table.setCheckable(True)
        self.defaults = on_figure(
            *("Reset &options", "Ctrl+Alt+0"),
            lambda tab: tab.options.reset(),
            "Set panels, axes, smoothing and the other options of this tab to their "
            "defaults",
        )

    def _add_tool(
        self, menu: QtWidgets.QMenu, group: QActionGroup, text: str, tip: str
    ) -> QAction:
        action = add_action(menu, text, self._use_tool, tip=tip)
        action.setCheckable(True)
        group.addAction(action)
        self._on_figures.append((action, tip))
        return action

    def _use_tool(self) -> None:
        chosen = (self.zoom, "zoom"), (self.pan, "pan")
        names = [name for action, name in chosen if action.isChecked()]
        self._tabs.use_tool("".join(names))

    def _add_switch(
        self,
        menu: QtWidgets.QMenu,
        *,
        text: str,
        keys: str,
        tip: str,
        part: str,
        widget: QtWidgets.QWidget,
    ) -> QAction:
        """Adds an action that shows or hides a part of the window."""
        preferences = self._context.preferences
        is_hidden = stored.is_part_hidden(preferences, part)
        widget.setHidden(is_hidden)

        def show() -> None:
            widget.setVisible(action.isChecked())
            stored.set_part_hidden(preferences, part, not action.isChecked())

        action = add_action(menu, text, show, keys=keys, tip=tip)
        action.setCheckable(True)
        action.setChecked(not is_hidden)
        return action

    def _focus(self, widget: QtWidgets.QWidget) -> None:
        """Sets the focus to a list, which may be hidden."""
        if not self.sidebar.isChecked():
            self.sidebar.trigger()
        widget.setFocus()

    def _enable(self) -> None:
        """Disables the actions that work on figures in other tabs, with a reason."""
        is_figure = self._tabs.plot() is not None
        for action, tip in self._on_figures:
            action.setEnabled(is_figure)
            action.setStatusTip(tip if is_figure else NO_FIGURE)

    def _on_plot(self, slot: "Callable[[PlotTab], object]") -> Slot:
        """Returns a slot that acts on the current plot, if there is one."""

        def act() -> None:
            if plot := self._tabs.plot():
                slot(plot)

        return act

    def _add_themes(self, menu: QtWidgets.QMenu) -> None:
        group = QActionGroup(menu)
        chosen = stored.theme_of(self._context.preferences)
        for theme in Theme:

            def choose(theme: Theme = theme) -> None:
                stored.set_theme(self._context.preferences, theme)
                apply_theme(theme)

            action = add_action(menu, f"&{theme.capitalize()}", choose)
            action.setCheckable(True)
            action.setChecked(theme is chosen)
            group.addAction(action)

    def _add_text_sizes(self, menu: QtWidgets.QMenu) -> None:
        for text, keys, change in (
            ("&Larger", "Ctrl+Alt+=", 1.0),
            ("&Smaller", "Ctrl+Alt+-", -1.0),
            ("System &default", "", None),
        ):

            def resize(change: float | None = change) -> None:
                size = system_font_size() if change is None else font_size() + change
                set_font_size(size)
                stored.set_font_size(self._context.preferences, font_size())
                self._tabs.scale_text()

            add_action(menu, text, resize, keys=keys)
