"""The menus: what can be done, and with which keys."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_xavier_gui.help import show_about, show_help, show_keys
from keras_xavier_gui.lessons.menu import add_lessons_menu
from keras_xavier_gui.preferences import theme_of
from keras_xavier_gui.qt import QAction, QActionGroup, QtGui, QtWidgets
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.theme import (
    Theme,
    apply_theme,
    font_size,
    set_font_size,
    system_font_size,
    text_scale,
)
from keras_xavier_gui.widgets.command_palette import CommandPalette

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow
    from keras_xavier_gui.plots.plot_tab import PlotTab

Slot = Callable[[], object]
Keys = str | QtGui.QKeySequence.StandardKey


def add_menus(window: "MainWindow") -> None:
    """Fills the menu bar; the pictures are not there yet."""
    keys = QtGui.QKeySequence.StandardKey
    file = window.menuBar().addMenu("&File")
    add_action(
        file,
        "&Open run or folder …",
        window.ask_to_open,
        keys=keys.Open,
        tip="Open a run, or all runs of a folder",
    )
    add_action(
        file,
        "&New experiment …",
        window.trainings.choose,
        keys=keys.New,
        tip="Train a network of the paper's kind, and watch it",
    )
    add_action(
        file,
        "Open sa&mples",
        lambda: window.open([SAMPLE_RUNS]),
        tip="Four small networks of the paper's kind, trained before",
    )
    recent = file.addMenu("Open &recent")
    recent.aboutToShow.connect(lambda: fill_recent(recent, window))
    add_action(
        file,
        "Re&load",
        window.reload,
        keys="F5",
        tip="Read everything anew; what you have chosen stays",
    )
    file.addSeparator()
    for text, name, shortcut, tip in (
        ("&Save picture …", "save_plot", keys.Save, "As PNG, SVG or PDF"),
        ("Save &numbers …", "save_table", "Ctrl+Shift+S", "What is shown, as CSV"),
        ("&Copy picture", "copy_plot", "Ctrl+Alt+C", "To the clipboard"),
        ("Cop&y numbers", "copy_table", "", "What is shown, to the clipboard as CSV"),
    ):
        add_action(file, text, exporting(window, name), keys=shortcut, tip=tip)
    file.addSeparator()
    add_action(file, "&Quit", window.close, keys="Ctrl+Q")
    window.view_menu = window.menuBar().addMenu("&View")
    window.lessons_menu = add_lessons_menu(window)
    help_ = window.menuBar().addMenu("&Help")
    add_action(help_, "What this &shows", lambda: show_help(window.tabs.currentWidget(), window), keys="F1")
    add_action(
        help_,
        "&Commands …",
        lambda: CommandPalette(window).open(),
        keys="Ctrl+Shift+P",
        tip="Find anything that can be done by typing",
    )
    add_action(help_, "&Keys", lambda: show_keys(window), keys="Shift+F1")
    add_action(
        help_,
        "&About keras-xavier",
        lambda: show_about(window),
        tip="Its version and licence, and the versions of what it runs with",
    )


def add_view_actions(window: "MainWindow") -> None:
    """Fills the menu of views, now that the pictures are there."""
    # Not before: it brings in matplotlib.
    from keras_xavier_gui.plots.plot_tab import PlotTab

    menu, tabs = window.view_menu, window.tabs
    for i in range(tabs.count()):
        go = functools.partial(tabs.setCurrentIndex, i)
        add_action(menu, tabs.tabText(i), go, keys=f"Ctrl+{i + 1}")
    player = window.step_slider.player
    seen = functools.partial(on_plot_tab, window)
    groups: tuple[tuple[tuple[str, str, Slot], ...], ...] = (
        (
            ("&Reset view", "Ctrl+0", seen(PlotTab.reset_view)),
            ("Fit &height to what is seen", "Ctrl+H", seen(PlotTab.fit_height)),
            ("Zoom &in", "Ctrl++", seen(lambda view: view.canvas.zoom_in())),
            ("Zoom &out", "Ctrl+-", seen(lambda view: view.canvas.zoom_out())),
        ),
        (
            ("&Previous step", "Alt+Left", lambda: window.selection.move(-1)),
            ("&Next step", "Alt+Right", lambda: window.selection.move(1)),
            ("&Latest step", "Alt+End", lambda: window.selection.set_step(None)),
            ("Pla&y or pause", "Ctrl+Space", player.toggle),
        ),
        (
            ("&Go to the runs", "Ctrl+R", lambda: window.run_list.setFocus()),
            ("&Filter layers", "Ctrl+F", lambda: window.layer_list.filter.setFocus()),
        ),
    )
    for group in groups:
        menu.addSeparator()
        for text, keys, slot in group:
            add_action(menu, text, slot, keys=keys)
    menu.addSeparator()
    table = add_action(
        menu,
        "Numbers in a &table",
        lambda: set_tabular(window, table.isChecked()),
        keys="Ctrl+T",
        tip="Show what is shown as numbers",
    )
    table.setCheckable(True)
    add_look(menu, window)


def add_look(menu: QtWidgets.QMenu, window: "MainWindow") -> None:
    """Adds themes and sizes of texts."""
    themes = menu.addMenu("The&me")
    group = QActionGroup(themes)
    chosen = theme_of(window.settings)
    for theme in Theme:

        def choose(theme: Theme = theme) -> None:
            window.settings.setValue("look/theme", str(theme))
            apply_theme(theme)

        action = add_action(themes, f"&{theme.capitalize()}", choose)
        action.setCheckable(True)
        action.setChecked(theme is chosen)
        group.addAction(action)
    texts = menu.addMenu("Te&xts")
    for text, keys, change in (
        ("&Larger", "Ctrl+Alt+=", 1.0),
        ("&Smaller", "Ctrl+Alt+-", -1.0),
        ("&As the system has them", "", None),
    ):

        def resize(change: float | None = change) -> None:
            size = system_font_size() if change is None else font_size() + change
            set_font_size(size)
            window.settings.setValue("look/font_size", font_size())
            for view in plot_tabs_of(window):
                view.canvas.set_text_scale(text_scale())

        add_action(texts, text, resize, keys=keys)


def plot_tabs_of(window: "MainWindow") -> "list[PlotTab]":
    """All pictures, whichever is seen."""
    tabs = [window.tabs.widget(i) for i in range(window.tabs.count())]
    return [tab for tab in tabs if hasattr(tab, "canvas")]


def set_tabular(window: "MainWindow", tabular: bool) -> None:
    for view in plot_tabs_of(window):
        view.set_tabular(tabular)


def exporting(window: "MainWindow", name: str) -> Slot:
    """One of the functions of `pictures.export`, for the tab that is seen."""

    def export() -> None:
        from keras_xavier_gui.plots import export

        # The settings are no picture, but numbers that can be taken away.
        is_picture = name.endswith("plot")
        tab = window.plot() if is_picture else window.tabs.currentWidget()
        if tab is not None:
            getattr(export, name)(tab)

    return export


def on_plot_tab(window: "MainWindow", slot: "Callable[[PlotTab], object]") -> Slot:
    """A slot for the picture that is seen, if there is one."""

    def act() -> None:
        if view := window.plot():
            slot(view)

    return act


def add_action(
    menu: QtWidgets.QMenu, text: str, slot: Slot, *, keys: Keys = "", tip: str = ""
) -> QAction:
    action = menu.addAction(text)
    action.setShortcut(QtGui.QKeySequence(keys))
    action.setStatusTip(tip)
    # What Qt hands over, whether the action is checked, is of no use.
    action.triggered.connect(lambda _checked=False: slot())
    return action


def fill_recent(menu: QtWidgets.QMenu, window: "MainWindow") -> None:
    """Lists what was opened before."""
    menu.clear()
    paths = window.recent()
    for path in paths:
        # An ampersand in a path is no mnemonic.
        add_action(menu, path.replace("&", "&&"), lambda path=path: window.open([path]))
    if not paths:
        menu.addAction("Nothing yet").setEnabled(False)
