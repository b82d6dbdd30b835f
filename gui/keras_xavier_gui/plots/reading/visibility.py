"""Hides layers and runs, shows them again, and shows one alone."""

from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.sources.selection import Selection


class Visibility:
    """Changes which layers and runs all plots draw; the lists follow.

    Args:
        selection: The selection.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def is_hidden(self, layer: str) -> bool:
        """Returns whether a layer is not drawn."""
        row = self._rows().get(layer)
        return row is None or not self._selection.is_drawn(row)

    def toggle(self, run: str, layer: str) -> None:
        """Hides a layer or else a run, or shows it again; both by name."""
        if layer:
            self._toggle_layer(layer)
        elif run:
            self._selection.hide_runs(self._hidden_runs() ^ self._paths(run))

    def isolate(self, run: str, layer: str) -> None:
        """Shows a layer or else a run alone; if it is alone already, shows all."""
        if layer:
            self._isolate_layer(layer)
        elif run:
            others = self._every_run() - self._paths(run)
            self._selection.hide_runs(
                set() if others == self._hidden_runs() else others
            )

    def show_all_runs(self) -> None:
        """Shows all selected runs."""
        self._selection.hide_runs(set())

    def show_all_layers(self) -> None:
        """Shows all layers."""
        self._selection.set_hidden((), self._selection.extra)

    def _rows(self) -> dict[str, Layer]:
        """The rows of the layer tables of all selected runs, by name."""
        return {row.name: row for run in self._selection.runs for row in run.layers}

    def _toggle_layer(self, name: str) -> None:
        row = self._rows().get(name)
        if row is None:
            return
        names, selection = {name}, self._selection
        if row.role is Role.LAYER:
            selection.set_hidden(selection.hidden ^ names, selection.extra)
        else:
            selection.set_hidden(selection.hidden, selection.extra ^ names)

    def _isolate_layer(self, name: str) -> None:
        rows, selection = self._rows(), self._selection
        if name not in rows:
            return
        layers = frozenset(one.name for one in rows.values() if one.role is Role.LAYER)
        others, extra = layers - {name}, frozenset({name}) - layers
        if (selection.hidden & layers, selection.extra) == (others, extra):
            self.show_all_layers()
        else:
            selection.set_hidden((selection.hidden - layers) | others, extra)

    def _every_run(self) -> set[str]:
        return {run.path for run in self._selection.all_runs}

    def _hidden_runs(self) -> set[str]:
        return self._every_run() - {run.path for run in self._selection.runs}

    def _paths(self, name: str) -> set[str]:
        """The path of a selected run."""
        return {run.path for run in self._selection.all_runs if run.name == name}
