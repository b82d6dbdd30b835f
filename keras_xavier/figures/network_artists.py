"""Draws the nodes and edges of a network, with labels that never overlap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation
from numpy.typing import NDArray

from keras_xavier.figures.labels import write
from keras_xavier.figures.network_data import NetworkData
from keras_xavier.figures.network_labels import (
    LINE,
    PADDING,
    has_room,
    label,
    letters_in,
    short_names,
)
from keras_xavier.figures.style import NOTE_SIZE, Style
from keras_xavier.network.columns import Columns
from keras_xavier.network.graph import Graph, Node

NODE_SHARE = 0.9, 0.7
"""Width and height of a node, as shares of its column and its row."""
LARGEST = 2.6, 0.36
"""Largest width and height of a node in inches."""
HEAD = 4.0
"""Size of the end of a connection in points."""
MOST_LABELS = 400
"""Number of labels that are drawn quickly."""
STRIP = 0.25
"""Smallest share of the height of a node that the cells of its layers take."""
DARKEST = 0.45
"""Luminance of a color below which text on it is white."""


Box = tuple[float, float, float, float]
"""Left, bottom, right, and top end."""


@dataclass(frozen=True)
class NodeBox:
    """A node in the present view, in coordinates of the data.

    Attributes:
        node: `Node`.
        box: `Box`.
        cells: Tuple of `Box`, one for each layer of the node; empty if it has none.
    """

    node: Node
    box: Box
    cells: tuple[Box, ...]


@dataclass
class Artists:
    """The artists of a network.

    Attributes:
        axes: matplotlib `Axes` of the panel.
        style: `Style`.
        edges: Connections that are recorded, assumed, and backward.
        heads: Ends of the connections.
        nodes: Nodes with the colors of their layers.
        cells: Colors of the layers in blocks.
        outlines: Outlines of blocks.
        texts: Labels, of which the first are visible.
        ends: Places of the ends of the connections.
        boxes: Tuple of `NodeBox`.
        placed: What the places of the boxes depend on.
        faces: Array of shape (layer, 4). Colors of all layers; transparent if hidden.
        text_colors: Colors of the labels, one for each node.
    """

    axes: Axes
    style: Style
    edges: tuple[LineCollection, ...]
    heads: Line2D
    nodes: PolyCollection
    cells: PolyCollection
    outlines: PolyCollection
    texts: list[Text] = field(default_factory=list)
    ends: tuple[tuple[float, float], ...] = ()
    boxes: tuple[NodeBox, ...] = ()
    placed: object = None
    faces: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    text_colors: tuple[str, ...] = ()


def add_artists(axes: Axes, style: Style) -> Artists:
    """Adds the artists of a network to a panel."""

    def lines(dashes: object) -> LineCollection:
        made = LineCollection(
            [], colors=style.muted, linewidths=1.0, linestyles=[dashes], zorder=1
        )
        axes.add_collection(made, autolim=False)
        return made

    def polygons(zorder: float, **how: Any) -> PolyCollection:
        made = PolyCollection([], zorder=zorder, **how)
        axes.add_collection(made, autolim=False)
        return made

    heads = Line2D(
        [],
        [],
        color=style.muted,
        marker="v",
        markersize=HEAD,
        markeredgewidth=0,
        linestyle="none",
        zorder=1.5,
    )
    figure = axes.get_figure(root=True)
    if figure is not None:
        above = ScaledTranslation(0, HEAD / 2 / 72, figure.dpi_scale_trans)
        heads.set_transform(axes.transData + above)
    axes.add_line(heads)
    return Artists(
        axes,
        style,
        (lines("solid"), lines((0, (1, 2))), lines((0, (5, 2)))),
        heads,
        polygons(2, edgecolors=style.muted, linewidths=0.8),
        polygons(3, edgecolors=style.background, linewidths=0.6),
        polygons(4, facecolors="none", edgecolors=style.muted, linewidths=0.8),
    )


def draw_edges(artists: Artists, columns: Columns, graph: Graph) -> None:
    """Draws the connections between the nodes."""
    kinds: tuple[list[Sequence[tuple[float, float]]], ...] = ([], [], [])
    for edge, points in zip(graph.edges, columns.edges, strict=True):
        kinds[2 if edge.is_backward else 0 if edge.is_recorded else 1].append(points)
    for collection, of in zip(artists.edges, kinds, strict=True):
        collection.set_segments(of)
    forward = {edge.end for edge in graph.edges if not edge.is_backward}
    artists.ends = tuple(columns.nodes[node] for node in sorted(forward))


def place_boxes(artists: Artists, columns: Columns, data: NetworkData) -> None:
    """Places the nodes in the present view, if its scale or the columns changed."""
    inch = inches(artists.axes)
    wide = min(NODE_SHARE[0], LARGEST[0] / inch[0]) / 2
    high = min(NODE_SHARE[1], LARGEST[1] / inch[1]) / 2
    key = id(columns), round(wide, 6), round(high, 6), inch[1]
    if key == artists.placed:
        return
    artists.placed = key
    label = min((LINE + PADDING / 2) / inch[1], 2 * high * (1 - STRIP))
    artists.boxes = tuple(
        node_box(node, place, wide, high, label)
        for node, place in zip(data.graph.nodes, columns.nodes, strict=True)
    )
    artists.nodes.set_verts(corners([one.box for one in artists.boxes]))
    blocks = [one for one in artists.boxes if len(one.cells) > 1]
    artists.cells.set_verts(corners([cell for one in blocks for cell in one.cells]))
    artists.outlines.set_verts(corners([one.box for one in blocks]))
    artists.heads.set_data(
        [x for x, _ in artists.ends], [y + high for _, y in artists.ends]
    )


def node_box(
    node: Node, place: tuple[float, float], wide: float, high: float, label: float
) -> NodeBox:
    """Returns the box of a node, with a cell for each of its layers.

    Args:
        node: `Node`.
        place: Its center.
        wide: float. Half of its width.
        high: float. Half of its height.
        label: float. Height of the name above the cells, if there are several.
    """
    x, y = place
    box = x - wide, y - high, x + wide, y + high
    count = len(node.layers)
    if count < 2:
        return NodeBox(node, box, (box,) * count)
    step = 2 * wide / count
    cells = tuple(
        (box[0] + i * step, box[1], box[0] + (i + 1) * step, box[3] - label)
        for i in range(count)
    )
    return NodeBox(node, box, cells)


def color_boxes(
    artists: Artists,
    data: NetworkData,
    colors: ScalarMappable,
    visible: Collection[str] | None,
) -> None:
    """Colors the nodes.

    Args:
        artists: `Artists`.
        data: `NetworkData`.
        colors: Colors of values.
        visible: Names of the layers to color, or `None` for all.
    """
    style, known = artists.style, data.values
    names = [layer for node in data.graph.nodes for layer in node.layers]
    values = np.array([known.get(layer, np.nan) for layer in names], np.float64)
    faces = np.asarray(colors.to_rgba(values), np.float64).reshape(-1, 4)
    faces[~np.isfinite(values)] = to_rgba(style.undefined)
    is_drawn = [
        layer in known and (visible is None or layer in visible) for layer in names
    ]
    faces[~np.array(is_drawn, bool)] = 0.0
    artists.faces = faces
    nodes = np.tile(to_rgba(style.background), (len(data.graph.nodes), 1))
    in_blocks: list[NDArray[np.float64]] = []
    texts, first = [], 0
    for i, node in enumerate(data.graph.nodes):
        own = faces[first : first + len(node.layers)]
        first += len(own)
        if len(own) == 1 and own[0, 3]:
            nodes[i] = own[0]
        elif len(own) > 1:
            in_blocks.append(own)
        texts.append(text_color(own, style))
    artists.nodes.set_facecolor(cast(Any, nodes))
    in_cells: Any = np.concatenate([np.zeros((0, 4)), *in_blocks])
    artists.cells.set_facecolor(in_cells)
    artists.text_colors = tuple(texts)


def write_labels(artists: Artists, data: NetworkData) -> None:
    """Writes the names of the nodes in view, within their boxes."""
    axes, boxes = artists.axes, artists.boxes
    inch, used = inches(axes), 0
    wide = boxes[0].box[2] - boxes[0].box[0]
    height = (boxes[0].box[3] - boxes[0].box[1]) * inch[1]
    letters = letters_in(wide * inch[0])
    # Vectors, because a network may have thousands of nodes.
    ends = np.array([one.box for one in boxes])
    low, high = (axes.transData.transform(ends[:, i : i + 2]) for i in (0, 2))
    seen = axes.bbox
    is_seen = (high > (seen.x0, seen.y0)).all(1) & (low < (seen.x1, seen.y1)).all(1)
    names = short_names(data, letters) if has_room(letters, height) else ()
    for i in np.flatnonzero(is_seen)[: MOST_LABELS if names else 0]:
        one = boxes[i]
        text = label(one.node, names[i], data, letters, height)
        if not text:
            continue
        if used == len(artists.texts):
            artists.texts.append(add_text(axes))
        drawn = artists.texts[used]
        used += 1
        bottom = one.cells[0][3] if len(one.cells) > 1 else one.box[1]
        write(drawn, text)
        drawn.set_position(((one.box[0] + one.box[2]) / 2, (one.box[3] + bottom) / 2))
        drawn.set_color(artists.text_colors[i])
        area = Bbox([low[i], high[i]])
        drawn.set_clip_box(Bbox.intersection(area, axes.bbox))
        drawn.set_visible(True)
    hide_labels(artists, used)


def hide(artists: Artists) -> None:
    """Hides the network."""
    artists.placed, artists.boxes = None, ()
    for collection in (artists.nodes, artists.cells, artists.outlines):
        collection.set_verts([])
    for edges in artists.edges:
        edges.set_segments([])
    artists.heads.set_data([], [])
    hide_labels(artists)


def hide_labels(artists: Artists, used: int = 0) -> None:
    """Hides the labels that are not used."""
    for unused in artists.texts[used:]:
        unused.set_visible(False)


def inches(axes: Axes) -> tuple[float, float]:
    """Returns the size of a unit of the data in inches."""
    figure = axes.get_figure(root=True)
    dpi = figure.dpi if figure is not None else 72.0
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    across, up = abs(right - left), abs(top - bottom)
    return axes.bbox.width / dpi / across, axes.bbox.height / dpi / up


def add_text(axes: Axes) -> Text:
    """Adds a label without text."""
    return axes.text(
        *(0, 0, ""),
        size=NOTE_SIZE,
        ha="center",
        va="center",
        clip_on=True,
        parse_math=False,
        linespacing=1.1,
        zorder=5,
    )


def text_color(colors: NDArray[np.float64], style: Style) -> str:
    """Returns the color of text that is readable on a node.

    Args:
        colors: Array of shape (layer, 4). Colors of its layers.
        style: `Style`.
    """
    if len(colors) != 1 or colors[0, 3] == 0:
        return style.foreground if len(colors) else style.muted
    luminance = float(colors[0, :3] @ (0.299, 0.587, 0.114))
    return "#ffffff" if luminance < DARKEST else "#000000"


def corners(boxes: Sequence[Box]) -> Any:
    """Returns the corners of boxes, as array of shape (box, 4, 2)."""
    ends = np.array(boxes, np.float64).reshape(-1, 4)
    return ends[:, [[0, 1], [0, 3], [2, 3], [2, 1]]]
