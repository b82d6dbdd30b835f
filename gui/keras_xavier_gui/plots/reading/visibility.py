"""Hides layers, shows them again, and shows a layer alone."""

from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.sources.selection import Selection


def rows_of(selection: Selection) -> dict[str, Layer]:
    """Returns the rows of the layer tables of all selected runs, by name."""
    return {row.name: row for run in selection.runs for row in run.layers}


def is_shown(selection: Selection, name: str) -> bool:
    """Returns whether a layer is drawn."""
    row = rows_of(selection).get(name)
    return row is not None and selection.is_drawn(row)


def toggle(selection: Selection, name: str) -> None:
    """Hides a layer, or shows it again."""
    row = rows_of(selection).get(name)
    if row is None:
        return
    names, hidden, extra = {name}, selection.hidden, selection.extra
    if row.role is Role.LAYER:
        selection.set_hidden(hidden ^ names, extra)
    else:
        selection.set_hidden(hidden, extra ^ names)


def isolate(selection: Selection, name: str) -> None:
    """Shows a layer alone; if it is alone already, shows all layers."""
    rows = rows_of(selection)
    if name not in rows:
        return
    layers = frozenset(row.name for row in rows.values() if row.role is Role.LAYER)
    others, extra = layers - {name}, frozenset({name}) - layers
    if (selection.hidden & layers, selection.extra) == (others, extra):
        show_all(selection)
    else:
        selection.set_hidden((selection.hidden - layers) | others, extra)


def show_all(selection: Selection) -> None:
    """Shows all layers."""
    selection.set_hidden((), selection.extra)
