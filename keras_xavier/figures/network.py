"""The network as a graph whose nodes have the color of a statistic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from keras_xavier.figures.data import why_empty
from keras_xavier.figures.facets import columns_for
from keras_xavier.figures.labels import Shown, at_steps
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.network_artists import (
    NodeBox,
    add_artists,
    color_boxes,
    draw_edges,
    hide,
    place_boxes,
    write_labels,
)
from keras_xavier.figures.network_data import NetworkData, network_data
from keras_xavier.figures.paging import nearest_page, on_page, page_count
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.statistic_colors import choose_statistic_colors
from keras_xavier.figures.statistic_scales import OF_UNITS
from keras_xavier.figures.table import Table, stack
from keras_xavier.figures.view import View
from keras_xavier.network.columns import Columns, best_columns
from keras_xavier.statistics import Statistic
from keras_xavier.text import shorten_all

SHARE_OF_PANELS = 4
"""A graph needs the room of this number of panels of other figures."""
LARGEST_NODE, LARGEST_ROW = 1.9, 0.62
"""Largest width of a node and height of a row in inches."""
MARGIN = 0.6
"""Margin around the nodes, in nodes and rows."""


@dataclass(frozen=True)
class Drawn:
    """A network in a panel.

    Attributes:
        axes: matplotlib `Axes` of the panel.
        run: int. Index of the run among the runs of the plot.
        data: `NetworkData`.
        boxes: Tuple of `NodeBox`. The nodes, in the order of computation.
    """

    axes: Axes
    run: int
    data: NetworkData
    boxes: tuple[NodeBox, ...]


class Network(Plot):
    """Nodes are layers, from the inputs at the top to the outputs.

    A node has the color of its layer. A node for a block has a cell for each of its
    layers. A long network is broken into columns, as text is broken into lines; the
    columns fit the panel until the user zooms or pans.
    """

    name = "network"
    data_type = NetworkData
    needs_records = True
    has_colorbar = True
    shared_axes = ""
    _runs: tuple[NetworkData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[NetworkData]:
        found = options.quantity, options.statistic
        return [
            network_data(run, *found, step=options.step, index=index)
            for index, run in runs
        ]

    def _prepare(self) -> None:
        most = max(self.most_panels // SHARE_OF_PANELS, 1)
        self.pages = page_count(len(self._runs), most)
        self.page = nearest_page(self.page, self.pages)
        self._places = on_page(len(self._runs), most, self.page)
        self._shown = [self._runs[i] for i in self._places]
        self.layout.row_names = 1
        self.layout.arranged = None

    def _count_shown(self) -> Shown:
        return Shown(len(self._shown))

    def _find_subject(self) -> object:
        recorded = [one for one in self._shown if len(one.steps)]
        return [(one.run, one.placement) for one in recorded] or None

    def _key(self) -> object:
        return [(one.run, one.graph, one.placement) for one in self._shown]

    def _make(self) -> None:
        names = [one.run for one in self._runs]
        short = shorten_all(names) if len(names) > 1 else [""] * len(names)
        self.layout.columns = columns_for(max(len(self._shown), 1))
        self._sizes: object = None
        self._columns: list[Columns] = []
        self._drawn: list[Drawn] = []
        self._artists = []
        for title in [short[i] for i in self._places] or [""]:
            axes = self._add_axes(title, grid=False)
            axes.xaxis.set_visible(False)
            axes.yaxis.set_visible(False)
            axes.spines[:].set_visible(False)
            self._artists.append(add_artists(axes, self.style))

    def _draw(self) -> None:
        if not self._shown:
            return
        known = np.concatenate([one.known for one in self._runs])
        self._chosen = choose_statistic_colors(
            self._statistic, known, self.style, full_range=self.options.full_range
        )
        self._colorbar.set_colors(self._chosen.norm, self._chosen.colormap)
        self._colorbar.set_formatter(self._chosen.formatter)
        for artists, data in zip(self._artists, self._shown, strict=False):
            color_boxes(artists, data, self._colorbar.colors, self._visible)

    @property
    def _statistic(self) -> Statistic:
        """The statistic of the colors; the one asked for if a run has it."""
        found = [one.statistic for one in self._runs]
        wanted = self._runs[0].overview.wanted or found[0]
        return wanted if wanted in found else found[0]

    def _label(self) -> None:
        if not self._shown:
            return
        statistic, quantity = self._statistic.label, self._runs[0].quantity
        log = " (log)" if self._chosen.is_log else ""
        self._colorbar.set_label(f"{statistic}{log}")
        recorded = [one.step for one in self._runs if len(one.steps)]
        steps = at_steps(recorded) if recorded else ""
        self.layout.set_headline(
            f"Network: {statistic} of the {quantity.label.lower()} "
            f"{quantity.symbol} {steps}".rstrip(),
            self._run_text,
        )

    def _why_empty(self) -> str:
        if reason := why_empty(self._runs, has_layers=True):
            return reason
        if not any(one.graph.nodes for one in self._runs):
            return "This run has no layers, only rows such as biases"
        if self._statistic in OF_UNITS and not any(
            len(one.known) for one in self._runs
        ):
            name = self._runs[0].quantity.label.lower()
            return f"{self._statistic.label.capitalize()}: not defined for the {name}"
        return ""

    # The view

    def _room(self) -> list[tuple[float, float]]:
        """The width and the height of each panel in inches."""
        dpi = self.figure.dpi
        return [
            (axes.bbox.width / dpi, axes.bbox.height / dpi) for axes in self.layout.axes
        ]

    def _break_into_columns(self) -> None:
        """Chooses the columns for the present sizes of the panels."""
        self._sizes = self._room()
        self._columns = [
            best_columns(one.placement, width, height)
            for one, (width, height) in zip(self._shown, self._sizes, strict=False)
        ]
        for columns, data, artists in zip(
            self._columns, self._shown, self._artists, strict=False
        ):
            draw_edges(artists, columns, data.graph)

    def _fit(self, *, seen: bool = False) -> list[View]:
        if not self._columns:
            self._break_into_columns()
        rooms = self._room()
        views = [
            (
                fitted(0.0, columns.width, width / LARGEST_NODE),
                fitted(0.5 - columns.rows, 0.5, height / LARGEST_ROW),
            )
            for columns, (width, height) in zip(self._columns, rooms, strict=False)
        ]
        return views or [((0.0, 1.0), (0.0, 1.0))]

    def _refine(self) -> None:
        if self._sizes != self._room() and self.follow and self._shown:
            # The size of the panels is known only now.
            self._break_into_columns()
            self._viewport.fit(self._best_view())
        self._drawn = []
        if self._why_empty():
            for artists in self._artists:
                hide(artists)
            self._sizes = None
            return
        panels = zip(self.layout.axes, self._columns, self._artists, strict=False)
        for i, (axes, columns, artists) in zip(self._places, panels, strict=False):
            place_boxes(artists, columns, self._runs[i])
            write_labels(artists, self._runs[i])
            self._drawn.append(Drawn(axes, i, self._runs[i], artists.boxes))

    @property
    def drawn(self) -> Sequence[Drawn]:
        """The networks as they were drawn last."""
        return self._drawn

    def table(self) -> Table:
        """Returns a row for each layer of each drawn run, with its value."""
        parts: list[dict[str, object]] = []
        for data in [one for one in self._shown if len(one.steps)]:
            nodes, inputs = data.graph.nodes, data.graph.inputs
            for place, node in enumerate(nodes):
                for layer in node.layers or (node.name,):
                    if self._visible is not None and layer not in self._visible:
                        continue
                    parts.append(
                        {
                            "run": data.run,
                            "step": data.step,
                            "layer": np.array([layer]),
                            "node": node.name,
                            "class": node.kind,
                            "inputs": " ".join(nodes[i].name for i in inputs[place]),
                            str(data.statistic): data.values.get(layer, np.nan),
                        }
                    )
        return stack(parts)

    def _remarks(self) -> list[str]:
        if not self._shown or self._why_empty():
            return []
        graphs = [one.graph for one in self._shown]
        remarks = []
        if any(not edge.is_recorded for one in graphs for edge in one.edges):
            remarks.append("dotted: order of the layers; connections are not recorded")
        if any(edge.is_backward for one in graphs for edge in one.edges):
            remarks.append("dashed: a layer is called again")
        if omitted := sum(one.omitted for one in graphs):
            are = "layers are" if omitted > 1 else "layer is"
            remarks.append(f"{omitted:,} {are} not in the recorded graph")
        if any(len(node.layers) > 1 for one in graphs for node in one.nodes):
            remarks.append("cells of a node: its layers in model order")
        if any(
            layer not in one.values
            for one in self._shown
            for node in one.graph.nodes
            for layer in node.layers or [""]
        ):
            remarks.append("without color: not measured")
        low, high = self._colorbar.colors.get_clim()
        values = np.array([v for one in self._shown for v in one.values.values()])
        values = values[np.isfinite(values)]
        if beyond := int(((values < low) | (values > high)).sum()):
            remarks.append(f"color scale clips {beyond:,} of {values.size:,} layers")
        return remarks


def fitted(low: float, high: float, most: float) -> Limits:
    """Returns limits around nodes, which are not enlarged above their largest size.

    Args:
        low: Lower end of the nodes.
        high: Upper end of the nodes.
        most: Number of nodes of the largest size that the panel has room for.
    """
    middle, half = (low + high) / 2, max((high - low) / 2 + MARGIN, most / 2)
    return middle - half, middle + half
