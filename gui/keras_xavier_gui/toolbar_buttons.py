"""The buttons of the toolbar, for actions of the menus."""

from collections.abc import Mapping

from keras_xavier_gui.qt import QAction, QtWidgets
from keras_xavier_gui.toolbar import Toolbar
from keras_xavier_gui.view_menu import ViewMenu
from keras_xavier_gui.widgets.action_button import ActionButton, MenuButton


def add_buttons(
    toolbar: Toolbar, view: ViewMenu, export: Mapping[str, QAction]
) -> None:
    """Adds all buttons.

    Args:
        toolbar: Toolbar to fill.
        view: Actions of the View menu.
        export: Actions that save and copy, by name.
    """
    copy = QtWidgets.QMenu(toolbar)
    names = ("copy_plot", "copy_table", "copy_command")
    copy.addActions([export[name] for name in names])
    back, forward = view.history
    toolbar.add_buttons(
        left=[
            [ActionButton(view.sidebar, "dock-left")],
            [ActionButton(back, "arrow-left"), ActionButton(forward, "arrow-right")],
            [
                ActionButton(view.reset, "fit-to-screen-outline"),
                ActionButton(view.zoom, "magnify-plus-outline"),
                ActionButton(view.pan, "cursor-move"),
            ],
        ],
        right=[
            [ActionButton(view.defaults, "restore"), ActionButton(view.table, "table")],
            [
                MenuButton(view.bookmarks, "bookmark-outline", "Bookmarks"),
                MenuButton(copy, "content-copy", "Copy"),
                ActionButton(export["save_plot"], "tray-arrow-down"),
            ],
        ],
    )
