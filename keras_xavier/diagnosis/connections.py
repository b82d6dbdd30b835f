"""How the layers of a model are connected, for rules about its architecture."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from keras_xavier.diagnosis.output_values import WEIGHTED
from keras_xavier.diagnosis.program import (
    PASSIVE,
    LayerSetup,
    function_name,
    graph,
    outputs,
)
from keras_xavier.diagnosis.reading import NO_RECORDS, NotChecked, once
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run

NO_GRAPH = "the connections of the layers are not recorded"
RANKS = (1, 2, 3)
MAX_POOLING = tuple(
    f"{kind}MaxPooling{rank}D" for kind in ("", "Global") for rank in RANKS
)
LINEAR_KINDS = (
    *PASSIVE,
    *(f"{kind}{rank}D" for kind in ("ZeroPadding", "UpSampling") for rank in RANKS),
    *(f"{kind}AveragePooling{rank}D" for kind in ("", "Global") for rank in RANKS),
    *(f"Cropping{rank}D" for rank in RANKS),
    *("BatchNormalization", "GaussianNoise", "GaussianDropout", "AlphaDropout"),
    *("RepeatVector", "Transpose"),
)
"""Layers without a kernel that compute linear functions of their inputs. Trained batch
normalization multiplies and adds constants."""

Test = Callable[[LayerSetup], bool]


@dataclass(frozen=True)
class Connections:
    """The layers of a model that its outputs depend on.

    Attributes:
        layers: Mapping of names to `LayerSetup`, in the order of computation.
        after: Mapping of names to the names of the layers that follow.
        ends: Names of the output layers.
        activations: Activation functions in the layer table, which has names for
            functions of the program, too.
    """

    layers: Mapping[str, LayerSetup]
    after: Mapping[str, tuple[str, ...]]
    ends: frozenset[str]
    activations: Mapping[str, str | None]

    def following(self, name: str, kinds: Collection[str], passes: Test) -> str | None:
        """Follows a plain chain to the next layer of some kinds.

        Args:
            name: str. Where to begin.
            kinds: Collection of str. Classes to find.
            passes: Function of a layer that returns whether it may be in between.

        Returns:
            str, or `None` if values take other ways, too, or other layers follow.
        """
        while name not in self.ends and len(self.after.get(name, ())) == 1:
            name = self.after[name][0]
            one = self.layers[name]
            if len(one.inputs) != 1:
                return None
            if one.kind in kinds:
                return name
            if not passes(one):
                return None
        return None

    def previous(self, name: str, kinds: Collection[str], passes: Test) -> str | None:
        """Follows a plain chain backward to a layer of some kinds."""
        while len(self.layers[name].inputs) == 1:
            name = self.layers[name].inputs[0]
            if name not in self.layers or len(self.after.get(name, ())) != 1:
                return None
            if self.layers[name].kind in kinds:
                return name
            if not passes(self.layers[name]):
                return None
        return None

    def before(self, names: Iterable[str]) -> set[str]:
        """Returns the layers that some layers depend on, without these layers unless
        others of them depend on them."""
        found: set[str] = set()
        left = [one for name in names for one in self.layers[name].inputs]
        while left:
            name = left.pop()
            if name in self.layers and name not in found:
                found.add(name)
                left += self.layers[name].inputs
        return found

    def has(self, kinds: Collection[str]) -> bool:
        return any(one.kind in kinds for one in self.layers.values())

    def is_linear(self, name: str) -> bool:
        return self.is_linear_layer(self.layers[name])

    def is_linear_layer(self, layer: LayerSetup) -> bool:
        """Returns whether a layer is known to compute a linear function."""
        if layer.kind not in (*WEIGHTED, *LINEAR_KINDS):
            return False
        # Operations have no settings; these have no activation function either.
        known = layer.settings is not None or layer.kind in ("Transpose", "Reshape")
        row = function_name(self.activations.get(layer.name))
        return known and layer.activation is None and row is None


def connections(run: Run) -> Connections:
    """Returns the layers of a model with their connections.

    Raises:
        NotChecked: If the run has no records, or the connections are not recorded, as
            in subclassed models.
    """
    if not run.records:
        raise NotChecked(NO_RECORDS)
    found = once(run, connections, lambda: _connections(run))
    if found is None:
        raise NotChecked(NO_GRAPH)
    return found


def _connections(run: Run) -> Connections | None:
    known = graph(run)
    ends = frozenset(one.name for one in outputs(run)) & known.keys()
    omitted = mapping(run.attributes.get("model")).get("omitted")
    if not ends or omitted:
        return None
    activations = {layer.name: layer.activation for layer in run.layers}
    everything = Connections(known, {}, ends, activations)
    used = everything.before(ends) | ends
    layers = {name: one for name, one in known.items() if name in used}
    if not any(one.inputs for one in layers.values()):
        return None
    after: dict[str, tuple[str, ...]] = {}
    for name, one in layers.items():
        for before in one.inputs:
            after[before] = (*after.get(before, ()), name)
    return Connections(layers, after, ends, activations)
