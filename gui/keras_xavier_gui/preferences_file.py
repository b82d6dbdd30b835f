"""Stores the preferences of the user as plain JSON.

`QSettings` is not used: it restores any type that its file names. With PyQt5, reading
a damaged or planted file can run code, because such types include pickled objects.
"""

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from keras_xavier_gui.qt import QtCore

Value: TypeAlias = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]

FOLDER, FILE = "keras-xavier", "preferences.json"
MAX_BYTES = 1 << 20
"""Size of the largest file that is read."""
MAX_NUMBER = 1 << 24
"""Qt accepts no width or height beyond this."""

logger = logging.getLogger(__name__)


class Preferences:
    """Values by key, such as `"look/theme"`. Other windows write the same file.

    Args:
        path: Path of the JSON file. A missing or invalid file is read as empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values = read(path)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> object:
        """Returns the value of a key as the file has it; `None` if it is missing."""
        return self._values.get(key)

    def number(self, key: str) -> int | None:
        """Returns the value of a key if it is a whole number, else `None`."""
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if abs(value) < MAX_NUMBER else None

    def numbers(self, key: str) -> list[int]:
        """Returns the value of a key if it is a list of whole numbers, else `[]`."""
        value = self.get(key)
        if not isinstance(value, list) or any(type(one) is not int for one in value):
            return []
        return value if all(abs(one) < MAX_NUMBER for one in value) else []

    def text(self, key: str) -> str:
        """Returns the value of a key if it is a string, else `""`."""
        value = self.get(key)
        return value if isinstance(value, str) else ""

    def update(self, values: Mapping[str, Value]) -> None:
        """Changes the values of some keys, and keeps the others in the file."""
        # Another window may have stored values meanwhile.
        self._values = {**self._values, **read(self.path), **values}
        partial = self.path.with_name(f"{FILE}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(self._values, indent=1), encoding="utf-8")
            partial.replace(self.path)
        except OSError as error:
            # The values remain in force until the window closes.
            logger.warning("Preferences cannot be stored: %s", error)


def read(path: Path) -> dict[str, Value]:
    """Reads a file of preferences; a missing or invalid file has none."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        values = json.loads(content) if len(content) <= MAX_BYTES else {}
        # Half a surrogate pair, which JSON can express, would stop Qt.
        json.dumps(values, ensure_ascii=False).encode()
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def user_path() -> Path:
    """Returns the path of the preferences of this user."""
    folder = QtCore.QStandardPaths.writableLocation(
        QtCore.QStandardPaths.StandardLocation.GenericConfigLocation
    )
    return Path(folder, FOLDER, FILE)
