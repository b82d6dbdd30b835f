"""The menu of lessons."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier_gui.qt import QtWidgets

if TYPE_CHECKING:
    from keras_xavier_gui.main_window import MainWindow

TITLE = "# # "
"""What the title of a lesson stands behind, in its script."""
NEEDED = "Lessons need jupytext: pip install 'keras-xavier[lessons]'"


def add_lessons_menu(window: "MainWindow") -> QtWidgets.QMenu:
    """Adds the menu; the lessons are looked for when it is opened."""
    from keras_xavier_gui.menus import add_action

    # All letters of its name are mnemonics in some tab.
    menu = window.menuBar().addMenu("Lessons")
    lessons = window.lessons
    back = add_action(menu, "&Back", lambda: lessons.move(-1), keys="Alt+PgUp")
    next_ = add_action(menu, "&Next", lessons.go_on, keys="Alt+PgDown")
    close = add_action(menu, "&Close the lesson", lessons.close)
    of_open_lesson = (back, next_, close)
    first = menu.insertSeparator(back)

    def enable(is_open: bool) -> None:
        for action in of_open_lesson:
            action.setEnabled(is_open)

    def fill() -> None:
        if menu.actions()[0] is not first:
            return
        can_be_read = importlib.util.find_spec("jupytext") is not None
        for number, title in titles().items():
            action = add_action(
                menu,
                f"&{number}  {title}",
                lambda number=number: lessons.open(number),
                tip="A guided tour: a text beside the pictures",
            )
            action.setEnabled(can_be_read)
            menu.insertAction(first, action)
        if not can_be_read:
            menu.insertAction(first, add_action(menu, NEEDED, lambda: None))

    enable(False)
    lessons.is_open_changed.connect(enable)
    menu.aboutToShow.connect(fill)
    return menu


def titles() -> dict[int, str]:
    """Titles of the lessons by number, read without what lessons need."""
    from keras_xavier.lessons.reading import NUMBERS, SCRIPTS

    return {
        number: title_of(script)
        for number in NUMBERS
        for script in SCRIPTS.glob(f"{number}_*.py")
    }


def title_of(script: Path) -> str:
    """Title of a lesson; the name of its script if it cannot be read."""
    try:
        lines = script.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    titles = (line.removeprefix(TITLE) for line in lines if line.startswith(TITLE))
    return next(titles, script.stem)
