"""Draws the nodes and edges of a network, with labels that never overlap."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation

from keras_xavier.figures.card_text import number
from keras_xavier.figures.labels import write
from keras_xavier.figures.network_data import NetworkData
from keras_xavier.figures.style import NOTE_SIZE, Style
from keras_xavier.network.columns import Columns
from keras_xavier.network.graph import Graph, Node
from keras_xavier.text import shorten, shorten_all

NODE_SHARE = 0.9, 0.7
"""Width and height of a node, as shares of its column and its row."""
LARGEST = 2.6, 0.36
"""Largest width and height of a node in inches."""
HEAD = 4.0
"""Size of the end of a connection in points."""
LINE, LETTER = 0.135, 0.063
"""Height of a line of text, and width of an average letter, in inches."""
PADDING = 0.06
"""Inches between a label and the sides of its node."""
NUMBERED = re.compile(r" \(\d+\)$")
"""Ends a shortened name that differs from others in a number only."""
FEWEST_LETTERS, FEWEST_AT_END = 4, 8
"""Smallest number of letters of a shortened name, and of the end of a name."""
MOST_LABELS = 400
"""Number of labels that are drawn quickly."""
STRIP = 0.25
"""Smallest share of the height of a node that the cells of its layers take."""
DARKEST = 0.45
"""Luminance of a color below which text on it is white."""


@dataclass(frozen=True)
class NodeBox:
    """A node in the present view, in coordinates of the data.

    Attributes:
        node: `Node`.
        box: Left, bottom, right, and top end.
        cells: Tuple of boxes, one for each layer of the node; empty if it has none.
    """

    node: Node
    box: tuple[float, float, float, float]
    cells: tuple[tuple[float, float, float, float], ...]


@dataclass
class Artists:
    """The artists of a network.

    Attributes:
        axes: matplotlib `Axes` of the panel.
        style: `Style`.
        edges: Connections that are recorded, assumed, and backward.
        heads: Ends of the connections.
        nodes: Background and outline of each node.
        cells: Colors of the layers.
        outlines: Outlines of the nodes.
        texts: Labels, of which the first are visible.
        ends: Places of the ends of the connections.
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
        polygons(2, facecolors=style.background, linewidths=0),
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


def boxes_of(axes: Axes, columns: Columns, data: NetworkData) -> tuple[NodeBox, ...]:
    """Returns where the nodes and their layers are drawn in the present view."""
    figure = axes.get_figure(root=True)
    dpi = figure.dpi if figure is not None else 72.0
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    across = abs(right - left) / axes.bbox.width * dpi
    up = abs(top - bottom) / axes.bbox.height * dpi
    wide = min(NODE_SHARE[0], LARGEST[0] * across) / 2
    high = min(NODE_SHARE[1], LARGEST[1] * up) / 2
    found = []
    for node, (x, y) in zip(data.graph.nodes, columns.nodes, strict=True):
        box = x - wide, y - high, x + wide, y + high
        cells: list[tuple[float, float, float, float]] = []
        if node.layers:
            ends = np.linspace(box[0], box[2], len(node.layers) + 1)
            label = 0.0
            if len(node.layers) > 1:
                label = min((LINE + PADDING / 2) * up, 2 * high * (1 - STRIP))
            for start, end in pairwise(ends):
                cells.append((float(start), box[1], float(end), box[3] - label))
        found.append(NodeBox(node, box, tuple(cells)))
    return tuple(found)


def draw_boxes(
    artists: Artists,
    boxes: Sequence[NodeBox],
    data: NetworkData,
    colors: ScalarMappable,
    visible: Collection[str] | None,
) -> None:
    """Draws the nodes in the present view, with as much text as fits.

    Args:
        artists: `Artists`.
        boxes: Sequence of `NodeBox`.
        data: `NetworkData`.
        colors: Colors of values.
        visible: Names of the layers to color, or `None` for all.
    """
    outlines = [rectangle(one.box) for one in boxes]
    artists.nodes.set_verts(outlines)
    artists.outlines.set_verts(outlines)
    cells, faces = [], []
    for one in boxes:
        for layer, cell in zip(one.node.layers, one.cells, strict=True):
            cells.append(rectangle(cell))
            is_drawn = layer in data.values and (visible is None or layer in visible)
            value = data.values[layer] if is_drawn else np.nan
            faces.append(color_of(value, colors, artists.style, is_drawn=is_drawn))
    artists.cells.set_verts(cells)
    artists.cells.set_facecolor(faces)
    half = (boxes[0].box[3] - boxes[0].box[1]) / 2 if boxes else 0.0
    ends = artists.ends if boxes else ()
    artists.heads.set_data([x for x, _ in ends], [y + half for _, y in ends])
    for collection in artists.edges:
        collection.set_visible(bool(boxes))
    by_node = iter(faces)
    fills = [[next(by_node) for _ in one.cells] for one in boxes]
    write_labels(artists, boxes, fills, data)


def write_labels(
    artists: Artists,
    boxes: Sequence[NodeBox],
    fills: Sequence[Sequence[tuple[float, float, float, float]]],
    data: NetworkData,
) -> None:
    """Writes the names of the nodes in view, within their boxes."""
    axes, style = artists.axes, artists.style
    figure = axes.get_figure(root=True)
    dpi = figure.dpi if figure is not None else 72.0
    used = 0
    wide = boxes[0].box[2] - boxes[0].box[0] if boxes else 0.0
    left, right = axes.get_xlim()
    inches = wide / abs(right - left) * axes.bbox.width / dpi
    letters = int((inches - PADDING) / LETTER)
    names = short_names(data, max(letters, FEWEST_LETTERS))
    for one, name, colors in zip(boxes, names, fills, strict=False):
        area = Bbox(axes.transData.transform([one.box[:2], one.box[2:]]))
        if not area.overlaps(axes.bbox) or used == MOST_LABELS:
            continue
        text = label(one.node, name, data, letters, area.height / dpi)
        if not text:
            continue
        if used == len(artists.texts):
            artists.texts.append(add_text(axes))
        drawn = artists.texts[used]
        used += 1
        is_block = len(one.cells) > 1
        write(drawn, text)
        drawn.set_position(
            (
                (one.box[0] + one.box[2]) / 2,
                (one.box[3] + (one.cells[0][3] if is_block else one.box[1])) / 2,
            )
        )
        drawn.set_color(text_color(colors, style, is_block=is_block))
        drawn.set_clip_box(Bbox.intersection(area, axes.bbox))
        drawn.set_visible(True)
    for unused in artists.texts[used:]:
        unused.set_visible(False)


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


def short_names(data: NetworkData, letters: int) -> tuple[str, ...]:
    """Returns the names of the nodes, shortened so that they differ."""
    return _short_names(tuple(node.name for node in data.graph.nodes), letters)


@lru_cache(maxsize=32)
def _short_names(names: tuple[str, ...], letters: int) -> tuple[str, ...]:
    # Names that differ in many words would only get numbers.
    return tuple(
        ("" if letters < FEWEST_AT_END else f"…{name[1 - letters :]}")
        if NUMBERED.search(short)
        else short
        for name, short in zip(names, shorten_all(names, letters), strict=True)
    )


def label(node: Node, name: str, data: NetworkData, letters: int, height: float) -> str:
    """Returns the text that fits into a node.

    Args:
        node: `Node`.
        name: str. Its shortened name.
        data: `NetworkData`.
        letters: int. Number of letters in a line.
        height: float. Height of the node in inches.
    """
    if not name or letters < FEWEST_LETTERS or height < LINE:
        return ""
    is_low = height < 2 * LINE
    if len(node.layers) > 1:
        return name
    value = data.values.get(node.layers[0]) if node.layers else None
    if value is None:
        return name if is_low else f"{name}\n{shorten(node.kind, letters)}"
    text = value_text(value, data)
    if is_low:
        whole = f"{name}  {text}"
        return whole if len(whole) <= letters else name
    whole = f"{node.kind}  {text}"
    return f"{name}\n{whole if len(whole) <= letters else text}"


def value_text(value: float, data: NetworkData) -> str:
    """Formats a value of a layer.

    Args:
        value: float. The value.
        data: `NetworkData`, whose statistic may be a share.
    """
    if not np.isfinite(value):
        return "not finite"
    if data.statistic.is_share:
        return f"{number(100 * value, 3)} %"
    return number(value, 3)


def color_of(
    value: float, colors: ScalarMappable, style: Style, *, is_drawn: bool
) -> tuple[float, float, float, float]:
    """Returns the color of a layer: transparent if it is hidden or not measured."""
    if not is_drawn:
        return (0.0, 0.0, 0.0, 0.0)
    if not np.isfinite(value):
        return to_rgba(style.undefined)
    red, green, blue, _ = map(float, colors.to_rgba(np.array([value]))[0])
    return red, green, blue, 1.0


def text_color(
    colors: Sequence[tuple[float, float, float, float]], style: Style, *, is_block: bool
) -> str:
    """Returns the color of text that is readable on a node."""
    if is_block or not colors or colors[0][3] == 0:
        return style.foreground if colors else style.muted
    red, green, blue, _ = colors[0]
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return "#ffffff" if luminance < DARKEST else "#000000"


def rectangle(box: tuple[float, float, float, float]) -> list[tuple[float, float]]:
    """Returns the corners of a box."""
    left, bottom, right, top = box
    return [(left, bottom), (left, top), (right, top), (right, bottom)]
