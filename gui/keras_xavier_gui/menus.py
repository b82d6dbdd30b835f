"""The menu bar: all commands of the app, with keyboard shortcuts."""

import functools

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.actions import Slot, add_action
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.help import show_about, show_help, show_keys
from keras_xavier_gui.palette_entries import content_entries
from keras_xavier_gui.qt import QAction, QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.tabs import Tabs
from keras_xavier_gui.widgets.command_palette import CommandPalette, menu_entries

ON_FIGURES = ("save_plot", "copy_plot", "copy_command")
"""Functions of `plots.export` that need a figure."""


class Menus(QtCore.QObject):
    """The menus of a window.

    Args:
        window: Window whose menu bar is filled.
        context: State and services of the app.
        tabs: The tabs, on which several actions work.
        runs: Menu of runs.
        lessons: Menu of lessons.

    Attributes:
        view: The View menu, which is filled later.
        export: Actions that save and copy, by name.
    """

    open_asked = Signal()
    """The user wants to choose a run or a folder to open."""
    path_chosen = Signal(str)
    """A run or folder to open."""
    new_asked = Signal()
    """The user wants to set up a new experiment."""
    reload_asked = Signal()
    run_asked = Signal(str)
    """Path of a run to select."""

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
        self.export: dict[str, QAction] = {}
        bar = window.menuBar()
        self._add_file(bar.addMenu("&File"))
        bar.addMenu(runs)
        self.view = bar.addMenu("&View")
        bar.addMenu(lessons)
        self._add_help(bar.addMenu("&Help"))

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
            ("&Export figure …", "save_plot", keys.Save, "As PNG, SVG or PDF"),
            ("Export &numbers …", "save_table", "Ctrl+Shift+S", "As CSV"),
            ("&Copy figure", "copy_plot", "Ctrl+Alt+C", "To the clipboard"),
            ("Cop&y numbers", "copy_table", "", "To the clipboard, as CSV"),
            (
                *("Copy co&mmand", "copy_command", "Ctrl+Alt+K"),
                "The command that shows this figure with these options",
            ),
        ):
            self.export[name] = add_action(
                file, text, self._export(name), keys=shortcut, tip=tip
            )
        file.addSeparator()
        add_action(file, "&Quit", self._window.close, keys="Ctrl+Q")

    def _add_help(self, menu: QtWidgets.QMenu) -> None:
        window = self._window
        add_action(
            menu,
            "About this &figure",
            lambda: show_help(self._tabs.current(), window),
            keys="F1",
        )
        add_action(
            menu,
            "&Command palette …",
            self._open_palette,
            keys="Ctrl+Shift+P",
            tip="Find any command, figure, option, layer or run by typing",
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

    def _open_palette(self) -> None:
        commands = menu_entries(self._window.menuBar())
        content = content_entries(self._context, self._tabs, self.run_asked.emit)
        CommandPalette(self._window, [*commands, *content]).open()

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
            tab = self._tabs.plot() if name in ON_FIGURES else self._tabs.current()
            if tab is not None:
                getattr(export, name)(tab)

        return export
