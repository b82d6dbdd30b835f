"""The menu of lessons."""

import functools
import importlib.util
from pathlib import Path

from keras_xavier_gui.actions import add_action
from keras_xavier_gui.lessons.controller import LessonController
from keras_xavier_gui.qt import QtWidgets

TITLE = "# # "
"""Start of the line with the title, in the script of a lesson."""
NEEDED = "Lessons require jupytext: pip install 'keras-xavier[lessons]'"


def lessons_menu(
    lessons: LessonController, parent: QtWidgets.QWidget
) -> QtWidgets.QMenu:
    """Creates the menu; it searches for lessons when it is opened."""
    # No mnemonic: each letter of its name is already used in some tab.
    menu = QtWidgets.QMenu("Lessons", parent)
    back = add_action(menu, "&Back", lambda: lessons.move(-1), keys="Alt+PgUp")
    next_ = add_action(menu, "&Next", lessons.next, keys="Alt+PgDown")
    close = add_action(menu, "&Close the lesson", lessons.close)
    first = menu.insertSeparator(back)

    def enable(is_open: bool) -> None:
        for action in (back, next_, close):
            action.setEnabled(is_open)

    def fill() -> None:
        if menu.actions()[0] is not first:
            return
        is_readable = importlib.util.find_spec("jupytext") is not None
        for number, title in titles().items():
            action = add_action(
                menu,
                f"&{number}  {title}",
                functools.partial(lessons.open, number),
                tip="A guided tour: text beside the plots",
            )
            action.setEnabled(is_readable)
            menu.insertAction(first, action)
        if not is_readable:
            menu.insertAction(first, add_action(menu, NEEDED, lambda: None))

    enable(False)
    lessons.is_open_changed.connect(enable)
    menu.aboutToShow.connect(fill)
    return menu


def titles() -> dict[int, str]:
    """Titles of the lessons by number, read without jupytext."""
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
