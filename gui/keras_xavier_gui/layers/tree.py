"""Arranges layers in a tree: blocks, layers, and rows that belong to layers. No Qt."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise

from keras_xavier.network.blocks import blocks_of, within
from keras_xavier.statistics import ONLY_IN_TRAINING, Layer, Role

REASONS = {ONLY_IN_TRAINING: "the run is measured on a probe, not in training"}
"""Reasons shown in tooltips, by the reasons stored in runs."""
ROLE_NAMES = {
    Role.INPUT: "input",
    Role.TARGET: "target",
    Role.BIAS: "bias",
    Role.ATTENTION: "attention",
    Role.GATE: "gate",
    Role.TIME_STEP: "time step",
}
"""Names of rows that are not layers, by role."""
MOST_BESIDE = 24
"""Largest number of items with the same parent; more are folded into ranges."""
RANGE = 10
"""Number of items in a range."""


@dataclass(eq=False)
class Node:
    """An item of the tree: a layer or another row, a block, or a range of items.

    Attributes:
        key: str. Identifies the item while the layers change.
        label: str. Name, without the name of the block around it.
        layer: `Layer` or `None`. The row of the layer table.
        kind: str. Class of the block.
        children: List of `Node`.
        parent: `Node` or `None`.
        place: int. Index among the children of its parent.
    """

    key: str
    label: str
    layer: Layer | None = None
    kind: str = ""
    children: list["Node"] = field(default_factory=list)
    parent: "Node | None" = None
    place: int = 0

    def add(self, node: "Node") -> "Node":
        """Adds a child after the others."""
        node.parent, node.place = self, len(self.children)
        self.children.append(node)
        return node

    @cached_property
    def rows(self) -> list[Layer]:
        """The rows of the layer table in this item, and in the items below."""
        below = [row for child in self.children for row in child.rows]
        return below if self.layer is None else [self.layer, *below]

    @cached_property
    def layers(self) -> list[Layer]:
        """The rows that are layers; all rows if none is a layer."""
        layers = [row for row in self.rows if row.role is Role.LAYER]
        return layers or self.rows

    @property
    def contains_layers(self) -> bool:
        """Whether there are layers below, rather than biases of a layer."""
        return any(is_main(child) for child in self.children)

    @property
    def description(self) -> str:
        """Class of a layer with its activation; class and size of a block."""
        if self.layer is not None:
            if self.layer.role is not Role.LAYER:
                return ROLE_NAMES[self.layer.role]
            return " · ".join(filter(None, [self.layer.kind, self.layer.activation]))
        count = f"{len(self.layers):,} layers"
        return f"{self.kind} · {count}" if self.kind else count

    def walk(self) -> Iterator["Node"]:
        """Yields all items below."""
        for child in self.children:
            yield child
            yield from child.walk()


def layer_tree(
    layers: Sequence[Layer],
    classes: Mapping[str, str],
    text: str = "",
    blocks: Mapping[str, Sequence[str]] | None = None,
) -> Node:
    """Arranges layers in a tree.

    Rows that are not layers, such as biases, are below their layer. Inputs and targets
    follow after the layers.

    Args:
        layers: Sequence of `Layer`, in model order.
        classes: Mapping of names of layers and blocks to their classes.
        text: str. Only rows that match are listed; see `selected`. Defaults to all.
        blocks: Mapping of names of layers to their blocks. Defaults to None: the blocks
            of all layers, so that a filter does not move a layer out of its block.

    Returns:
        The root of the tree.
    """
    wanted = selected(layers, text)
    blocks = block_names(layers) if blocks is None else blocks
    root = Node("", "")
    nodes: dict[str, Node] = {"": root}
    usual = [one for one in wanted if one.role is Role.LAYER]
    names = {one.name: one for one in usual}
    for layer in usual:
        outer = ""
        for block in blocks[layer.name]:
            if block not in nodes:
                made = Node(block, within(block, outer), names.get(block))
                made.kind = classes.get(block, "")
                nodes[block] = nodes[outer].add(made)
            outer = block
        if layer.name not in nodes:
            label = within(layer.name, outer)
            nodes[layer.name] = nodes[outer].add(Node(layer.name, label, layer))
    for layer in wanted:
        if layer.role is not Role.LAYER:
            owner = next((one for one in owners(layer.name) if one in nodes), "")
            nodes[owner].add(Node(layer.name, within(layer.name, owner), layer))
    if not text:
        fold(root)
    return root


def block_names(layers: Sequence[Layer]) -> dict[str, tuple[str, ...]]:
    """Returns the blocks that contain each layer."""
    return blocks_of([one.name for one in layers if one.role is Role.LAYER])


def owners(name: str) -> Iterator[str]:
    """Yields the paths around a name, the innermost first."""
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def selected(layers: Sequence[Layer], text: str) -> Sequence[Layer]:
    """Returns the rows that a filter selects.

    Each word of the filter selects rows by their names, in any case; a word with `*` or
    `?` is a glob of the whole name. A word that is in no name selects rows by their
    class, activation or role.

    >>> rows = [Layer("a_conv", "Conv2D", None, 8, 72), Layer("b", "Dense", None, 8, 9)]
    >>> [row.name for row in selected(rows, "conv2")], len(selected(rows, "b a"))
    (['a_conv'], 0)
    """
    for word in text.lower().split():
        is_glob = bool({*word} & {*"*?"})
        named = [
            one
            for one in layers
            if (
                fnmatchcase(one.name.lower(), word)
                if is_glob
                else word in one.name.lower()
            )
        ]
        layers = named or [one for one in layers if word in kind_of(one)]
    return layers


def kind_of(layer: Layer) -> str:
    """Returns class, activation and role of a row, for filters."""
    role = ROLE_NAMES.get(layer.role, "")
    return " ".join([layer.kind, layer.activation or "", role]).lower()


def fold(node: Node) -> None:
    """Puts the children of items with many children into ranges."""
    for child in node.children:
        fold(child)
    into_ranges(node)


def into_ranges(node: Node) -> None:
    """Puts the children of an item into ranges, and many ranges into ranges again."""
    children = [one for one in node.children if is_main(one)]
    others = [one for one in node.children if not is_main(one)]
    if len(children) <= MOST_BESIDE:
        return
    node.children = []
    size = max(RANGE, math.ceil(len(children) / MOST_BESIDE))
    count = math.ceil(len(children) / size)
    ends = [round(len(children) * i / count) for i in range(count + 1)]
    for start, end in pairwise(ends):
        first, last = children[start], children[end - 1]
        key, label = f"{first.key} … {last.key}", f"{first.label} … {last.label}"
        made = node.add(Node(key, label))
        for child in children[start:end]:
            made.add(child)
        into_ranges(made)
    for other in others:
        node.add(other)


def is_main(node: Node) -> bool:
    """Returns whether an item is a layer or contains layers."""
    if node.layer is not None and node.layer.role is Role.LAYER:
        return True
    return node.contains_layers


def details(node: Node) -> str:
    """Returns name, class and size of an item, and the quantities that it lacks."""
    layer = node.layer
    if layer is None:
        return f"{node.key}\n{node.description}"
    parts = [layer.kind]
    if layer.activation:
        parts.append(layer.activation)
    parts += [f"{layer.units:,} units", f"{layer.parameters:,} parameters"]
    lines = [layer.name, " · ".join(parts)]
    lines += [
        f"no {name.replace('_', ' ')}: {REASONS.get(why, why)}"
        for name, why in layer.absent.items()
    ]
    return "\n".join(lines)
