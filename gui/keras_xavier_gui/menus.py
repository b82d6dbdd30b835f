"""The menu bar: all commands of the app, with keyboard shortcuts."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.actions import Slot, add_action
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.help import show_about, show_help, show_keys
from keras_xavier_gui.qt import QAction, QActionGroup, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.tabs import Tabs
from keras_xavier_gui.theme import (
    Theme,
    apply_theme,
    font_size,
    set_font_size,
    system_font_size,
)
from keras_xavier_gui.widgets.command_palette import CommandPalette

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab


class Menus(QtCore.QObject):
    """The menus of a window.

    Args:
        window: Window whose menu bar is filled.
        context: State and services of the app.
        tabs: The tabs, on which several actions work.
        runs: Menu of runs.
        lessons: Menu of lessons.
    """

    open_asked = Signal()
    """The user wants to choose a run or a folder to open."""
    path_chosen = Signal(str)
    """A run or folder to open."""
    new_asked = Signal()
    """The user wants to set up a new experiment."""
    reload_asked = Signal()

    def __init__(
        self,
        window: QtWidgets.QMainWindow,
        context: AppContext,
        tabs: Tabs,
        *,
        runs: QtWidgets.QMenu,
        lessons: QtWidgets.QMenu,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self._tabs = tabs
        bar = window.menuBar()
        self._add_file(bar.addMenu("&File"))
        bar.addMenu(runs)
        self._view = bar.addMenu("&View")
        bar.addMenu(lessons)
        self._add_help(bar.addMenu("&Help"))

    def add_view_actions(
        self,
        *,
        history: Sequence[QAction],
        play: Slot,
        runs: QtWidgets.QWidget,
        layers: QtWidgets.QWidget,
    ) -> None:
        """Fills the View menu once there are tabs.

        Args:
            history: Back and Forward.
            play: Plays or pauses the run.
            runs: List of runs, to set the focus to.
            layers: Filter of layers, to set the focus to.
        """
        menu, tabs, selection = self._view, self._tabs, self._context.selection
        for i in range(tabs.count()):
            go = functools.partial(tabs.setCurrentIndex, i)
            add_action(menu, tabs.tabText(i), go, keys=f"Ctrl+{i + 1}")
        menu.addSeparator()
        menu.addActions(list(history))
        groups: tuple[tuple[tuple[str, str, Slot], ...], ...] = (
            (
                (
                    "&Reset view",
                    "Ctrl+0",
                    self._on_plot(lambda plot: plot.reset_view()),
                ),
                (
                    "Fit &height to visible steps",
                    "Ctrl+H",
                    self._on_plot(lambda tab: tab.fit_height()),
                ),
                (
                    "Zoom &in",
                    "Ctrl++",
                    self._on_plot(lambda plot: plot.canvas.zoom_in()),
                ),
                (
                    "Zoom &out",
                    "Ctrl+-",
                    self._on_plot(lambda tab: tab.canvas.zoom_out()),
                ),
            ),
            (
                ("&Previous step", "Ctrl+Left", lambda: selection.move(-1)),
                ("&Next step", "Ctrl+Right", lambda: selection.move(1)),
                ("&Latest step", "Alt+End", lambda: selection.set_step(None)),
                ("Pla&y or pause", "Ctrl+Space", play),
            ),
            (
                ("&Go to the list of runs", "Ctrl+R", runs.setFocus),
                ("&Filter layers", "Ctrl+F", layers.setFocus),
            ),
        )
        for group in groups:
            menu.addSeparator()
            for text, keys, slot in group:
                add_action(menu, text, slot, keys=keys)
        menu.addSeparator()
        table = add_action(
            menu,
            "Show as &table",
            lambda: tabs.set_tabular(table.isChecked()),
            keys="Ctrl+T",
            tip="Show the numbers of the plot in a table",
        )
        table.setCheckable(True)
        self._add_themes(menu.addMenu("The&me"))
        self._add_text_sizes(menu.addMenu("Te&xt size"))

    def _add_file(self, file: QtWidgets.QMenu) -> None:
        keys = QtGui.QKeySequence.StandardKey
        add_action(
            file,
            "&Open run or folder …",
            self.open_asked.emit,
            keys=keys.Open,
            tip="Open a run, or all runs in a folder",
        )
        add_action(
            file,
            "&New experiment …",
            self.new_asked.emit,
            keys=keys.New,
            tip="Train a network as in the paper, and watch it",
        )
        add_action(
            file,
            "Open sa&mples",
            lambda: self.path_chosen.emit(SAMPLE_RUNS),
            tip="Open four small networks trained as in the paper",
        )
        recent = file.addMenu("Open &recent")
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        add_action(
            file,
            "Re&load",
            self.reload_asked.emit,
            keys="F5",
            tip="Read all runs again; selections are kept",
        )
        file.addSeparator()
        for text, name, shortcut, tip in (
            ("&Save plot …", "save_plot", keys.Save, "As PNG, SVG or PDF"),
            ("Save &numbers …", "save_table", "Ctrl+Shift+S", "As CSV"),
            ("&Copy plot", "copy_plot", "Ctrl+Alt+C", "To the clipboard"),
            ("Cop&y numbers", "copy_table", "", "To the clipboard, as CSV"),
        ):
            add_action(file, text, self._export(name), keys=shortcut, tip=tip)
        file.addSeparator()
        add_action(file, "&Quit", self._window.close, keys="Ctrl+Q")

    def _add_help(self, menu: QtWidgets.QMenu) -> None:
        window = self._window
        add_action(
            menu,
            "&Explain this tab",
            lambda: show_help(self._tabs.current(), window),
            keys="F1",
        )
        add_action(
            menu,
            "&Command palette …",
            lambda: CommandPalette(window).open(),
            keys="Ctrl+Shift+P",
            tip="Find any command by typing",
        )
        add_action(
            menu, "&Keyboard shortcuts", lambda: show_keys(window), keys="Shift+F1"
        )
        add_action(
            menu,
            "&About keras-xavier",
            lambda: show_about(window),
            tip="Versions and license",
        )

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

    def _fill_recent(self, menu: QtWidgets.QMenu) -> None:
        """Lists the runs and folders opened before, except those open now."""
        menu.clear()
        sources = self._context.watcher.sources
        paths = stored.recent_paths(self._context.preferences, without=sources)
        for path in paths:
            # An ampersand in a path is not a mnemonic.
            text, open_path = path.replace("&", "&&"), self.path_chosen.emit
            add_action(menu, text, functools.partial(open_path, path))
        if not paths:
            menu.addAction("No recent runs or folders").setEnabled(False)

    def _export(self, name: str) -> Slot:
        """Returns a slot that calls a function of `plots.export` on the current tab."""

        def export() -> None:
            # Not before: it imports matplotlib.
            from keras_xavier_gui.plots import export

            # Other tabs have numbers, too.
            has_plot = name.endswith("plot")
            tab = self._tabs.plot() if has_plot else self._tabs.current()
            if tab is not None:
                getattr(export, name)(tab)

        return export

    def _on_plot(self, slot: "Callable[[PlotTab], object]") -> Slot:
        """Returns a slot that acts on the current plot, if there is one."""

        def act() -> None:
            if plot := self._tabs.plot():
                slot(plot)

        return act
