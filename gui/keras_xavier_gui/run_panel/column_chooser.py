"""Chooses the columns of the list of runs, and remembers them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets
from keras_xavier_gui.run_panel.available_columns import available, has_value
from keras_xavier_gui.run_panel.columns import (
    COLUMN_COUNT,
    DEFAULT_EXTRAS,
    FINDINGS,
    FIXED,
    HIDDEN,
    HYPERPARAMETERS,
    LOSS,
    MAX_EXTRAS,
    NAME,
    SINCE,
    STATE,
    TAGS,
    Extra,
    key_of,
    parse,
)
from keras_xavier_gui.run_panel.tree_model import RunTreeModel

LETTERS = {SINCE: 6, LOSS: 12, STATE: 14, HYPERPARAMETERS: 28, TAGS: 14}
"""Widths of columns, in characters; `OTHER_LETTERS` for the others."""
OTHER_LETTERS = 11
MIN_WIDTH, MAX_WIDTH = 40, 2000
FITTED_LETTERS = {NAME: (14, 30), FINDINGS: (14, 44)}
"""Limits of the columns that fit the view until the user changes their width."""
NAME_SHARE = 0.48
"""Share of the name in the width that both have."""
FITTED = 0
"""Stored width of a column that fits the view."""
COLUMNS, SORTED = "runs/columns", "runs/sorted_by"


@dataclass(frozen=True)
class Place:
    """A column in the header.

    Attributes:
        key: Key of the column; see `columns.key_of`.
        width: Width in pixels; `FITTED` for a column that fits the view.
        is_hidden: Whether the user has hidden it.
    """

    key: str
    width: int
    is_hidden: bool


class ColumnChooser(QtCore.QObject):
    """Shows, hides, sorts and restores the columns of a view.

    Args:
        view: The list of runs; its first column is always shown.
        runs: The listed runs.
    """

    def __init__(self, view: QtWidgets.QTreeView, runs: RunTreeModel) -> None:
        super().__init__(view)
        self._view = view
        self._runs = runs
        self._header = view.header()
        self._header.setMinimumSectionSize(MIN_WIDTH)
        # Only visible rows count when columns are fitted.
        self._header.setResizeContentsPrecision(0)
        self._header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._header.customContextMenuRequested.connect(
            lambda at: self.menu().popup(self._header.mapToGlobal(at))
        )
        # Until the user changes them, these columns take the width that is left.
        self._fitted = {*FITTED_LETTERS}
        self._is_changing = False
        self._header.sectionResized.connect(self._notice_width)
        self.reset()

    # Choosing

    def reset(self) -> None:
        """Shows the default columns, sorted by name."""
        self._runs.set_extras(DEFAULT_EXTRAS)
        widths = {column: self._width(column) for column in range(COLUMN_COUNT)}
        keys = [key_of(column, DEFAULT_EXTRAS) for column in range(COLUMN_COUNT)]
        after_loss = [*range(LOSS + 1), len(FIXED), *range(LOSS + 1, len(FIXED))]
        widths |= dict.fromkeys(FITTED_LETTERS, FITTED)
        self._apply(
            [Place(keys[one], widths[one], one in HIDDEN) for one in after_loss]
        )
        self._view.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)

    def add(self, extra: Extra) -> None:
        """Adds a metric or a setting as the last column."""
        places = self._places()
        self._runs.set_extras([*self._runs.extras, extra])
        width = self._width(len(FIXED))
        self._apply([*places, Place(extra.key, width, is_hidden=False)])

    def remove(self, extra: Extra) -> None:
        """Removes a metric or a setting."""
        places = [place for place in self._places() if place.key != extra.key]
        sorted_by = key_of(self._header.sortIndicatorSection(), self._runs.extras)
        self._runs.set_extras([one for one in self._runs.extras if one != extra])
        self._apply(places)
        self._sort_by(sorted_by, self._header.sortIndicatorOrder())

    def update(self) -> None:
        """Hides columns of metrics and settings that no run has."""
        extras, runs = self._runs.extras, self._runs.runs()
        for slot in range(MAX_EXTRAS):
            empty = slot >= len(extras) or not any(
                has_value(run, extras[slot]) for run in runs
            )
            if empty != self._header.isSectionHidden(len(FIXED) + slot):
                self._header.setSectionHidden(len(FIXED) + slot, empty)

    def menu(self) -> QtWidgets.QMenu:
        """Creates a menu of the columns, which is deleted when it is closed."""
        menu = QtWidgets.QMenu(self._view)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        return menu

    def fill(self, menu: QtWidgets.QMenu) -> None:
        """Fills a menu with the columns."""
        menu.clear()
        for column, name in enumerate(FIXED):
            if column != NAME:
                action = menu.addAction(name)
                action.setCheckable(True)
                action.setChecked(not self._header.isSectionHidden(column))
                action.toggled.connect(
                    lambda shown, column=column: self._header.setSectionHidden(
                        column, not shown
                    )
                )
        menu.addSeparator()
        found = available(self._runs.runs())
        self._add_extras(menu.addMenu("Metrics"), found.metrics)
        settings = menu.addMenu("Hyperparameters")
        self._add_extras(settings, found.differing)
        alike = settings.addMenu("Same in all runs")
        self._add_extras(alike, found.alike)
        menu.addSeparator()
        menu.addAction("Reset columns").triggered.connect(lambda _: self.reset())

    def _add_extras(self, menu: QtWidgets.QMenu, extras: Iterable[Extra]) -> None:
        chosen = self._runs.extras
        for extra in extras:
            action = menu.addAction(extra.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(extra in chosen)
            action.setEnabled(extra in chosen or len(chosen) < MAX_EXTRAS)
            action.toggled.connect(
                lambda shown, extra=extra: (
                    self.add(extra) if shown else self.remove(extra)
                )
            )
        menu.setEnabled(not menu.isEmpty())

    # Layout

    def _width(self, column: int) -> int:
        letters = LETTERS.get(column, OTHER_LETTERS)
        return int(self._view.fontMetrics().horizontalAdvance("n" * letters))

    def _places(self) -> list[Place]:
        """The columns from left to right, without empty slots."""
        header, found = self._header, []
        for position in range(header.count()):
            column = header.logicalIndex(position)
            if key := key_of(column, self._runs.extras):
                is_hidden = column < len(FIXED) and header.isSectionHidden(column)
                # A hidden section has no width.
                width = header.sectionSize(column) or self._width(column)
                if column in self._fitted:
                    width = FITTED
                found.append(Place(key, width, is_hidden))
        return found

    def _apply(self, places: Sequence[Place]) -> None:
        """Orders columns from left to right; those that are not named come last."""
        header, extras = self._header, self._runs.extras
        columns = {key_of(column, extras): column for column in range(COLUMN_COUNT)}
        known = [place for place in places if place.key in columns]
        self._is_changing = True
        for position, place in enumerate(known):
            column = columns[place.key]
            header.moveSection(header.visualIndex(column), position)
            header.setSectionHidden(column, place.is_hidden and column != NAME)
            if column in FITTED_LETTERS:
                self._fitted.discard(column)
                if place.width <= FITTED:
                    self._fitted.add(column)
            if not header.isSectionHidden(column) and place.width > FITTED:
                width = min(max(place.width, MIN_WIDTH), MAX_WIDTH)
                header.resizeSection(column, width)
        self._is_changing = False
        self.update()
        self.fit()

    def fit(self) -> None:
        """Gives name and findings the width that step and loss leave in the view."""
        header, letter = self._header, self._view.fontMetrics().horizontalAdvance("n")
        left = self._view.viewport().width()
        left -= header.sectionSize(LOSS) + header.sectionSize(SINCE)
        self._is_changing = True
        for column in (NAME, FINDINGS):
            low, high = (letters * letter for letters in FITTED_LETTERS[column])
            wanted = left
            if column == NAME:
                # Short names leave more to the findings.
                high = min(self._view.sizeHintForColumn(NAME) + letter, high)
                low, wanted = min(low, high), round(NAME_SHARE * left)
                # Short findings leave more to the names.
                wanted = max(wanted, left - self._wanted_by_findings(letter))
            if column in self._fitted and not header.isSectionHidden(column):
                header.resizeSection(column, min(max(wanted, low), high))
            left -= header.sectionSize(column)
        self._is_changing = False

    def _wanted_by_findings(self, letter: int) -> int:
        """Width in pixels that the findings in view need."""
        if self._header.isSectionHidden(FINDINGS):
            return 0
        if FINDINGS not in self._fitted:
            return self._header.sectionSize(FINDINGS)
        least = FITTED_LETTERS[FINDINGS][0] * letter
        return max(self._view.sizeHintForColumn(FINDINGS) + letter, least)

    def _notice_width(self, column: int) -> None:
        if not self._is_changing:
            self._fitted.discard(column)

    def _sort_by(self, key: str, order: Qt.SortOrder) -> None:
        keys = [key_of(column, self._runs.extras) for column in range(COLUMN_COUNT)]
        self._view.sortByColumn(keys.index(key) if key in keys else NAME, order)

    # Preferences

    def save(self, preferences: Preferences) -> None:
        """Stores the columns by name."""
        order = self._header.sortIndicatorOrder()
        key = key_of(self._header.sortIndicatorSection(), self._runs.extras)
        preferences.update(
            {
                COLUMNS: [
                    [place.key, place.width, place.is_hidden]
                    for place in self._places()
                ],
                SORTED: [key, order == Qt.SortOrder.DescendingOrder],
            }
        )

    def restore(self, preferences: Preferences) -> None:
        """Restores the columns; invalid values are ignored."""
        places = stored_places(preferences.get(COLUMNS))
        if places:
            extras = [parse(place.key) for place in places]
            self._runs.set_extras([extra for extra in extras if extra is not None])
            self._apply(places)
        match preferences.get(SORTED):
            case [str(key), bool(descending)]:
                orders = Qt.SortOrder
                self._sort_by(
                    key,
                    orders.DescendingOrder if descending else orders.AscendingOrder,
                )


def stored_places(value: object) -> list[Place]:
    """Returns the valid columns of a value in the preferences."""
    found: dict[str, Place] = {}
    for one in value if isinstance(value, list) else ():
        match one:
            case [str(key), int(width), bool(is_hidden)] if (
                key in FIXED or parse(key) is not None
            ):
                found.setdefault(key, Place(key, width, is_hidden))
    return [*found.values()]
