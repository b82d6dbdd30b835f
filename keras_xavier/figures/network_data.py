"""The data of the network: its graph, and one statistic of each layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.data import Integers, OverviewData
from keras_xavier.figures.loaders import overview_data
from keras_xavier.figures.records import record_of
from keras_xavier.network.graph import Graph, network_graph
from keras_xavier.network.placement import Placement, place
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Role, Statistic


@dataclass(frozen=True)
class NetworkData:
    """The graph of a network, and one statistic of its layers.

    Attributes:
        run: str. Name of the run.
        graph: `Graph`.
        placement: `Placement`. Places of the nodes and edges.
        overview: `OverviewData`. The statistic at all steps, which choose the colors.
        record: int. Index of the record to draw.
        absent: dict of str to str. The reason why each other layer lacks the quantity.
        index: int. Determines the color of the run. Defaults to 0.
    """

    run: str
    graph: Graph
    placement: Placement
    overview: OverviewData
    record: int
    absent: Mapping[str, str]
    index: int = 0

    @property
    def quantity(self) -> Quantity:
        """The quantity."""
        return self.overview.quantity

    @property
    def statistic(self) -> Statistic:
        """The statistic; see `OverviewData`."""
        return self.overview.statistic

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that have the quantity."""
        return self.overview.layers

    @property
    def steps(self) -> Integers:
        """The recorded steps."""
        return self.overview.steps

    @property
    def step(self) -> int:
        """The recorded step to draw."""
        return int(self.steps[self.record])

    @property
    def counted(self) -> tuple[tuple[int, int], ...]:
        """Counted and all values of layers that were counted in part."""
        return self.overview.counted

    @cached_property
    def values(self) -> dict[str, float]:
        """The value of each layer at the step."""
        found = self.overview.values[self.record] if len(self.steps) else ()
        return dict(zip(self.layers, map(float, found), strict=False))

    @property
    def known(self) -> NDArray[np.float64]:
        """The finite values of all layers at all steps."""
        values = np.asarray(self.overview.values, np.float64).ravel()
        return values[np.isfinite(values)]


def network_data(
    run: Run,
    quantity: Quantity | str,
    statistic: Statistic | str,
    *,
    step: int | None = None,
    index: int = 0,
    previous: NetworkData | None = None,
) -> NetworkData:
    """Reads the graph of a network, and one statistic of its layers.

    Args:
        run: `Run`.
        quantity: `Quantity` or str. Quantity to read.
        statistic: `Statistic` or str. Statistic to read.
        step: int. A recorded step. Defaults to `None`: the last recorded step.
        index: int. Determines the color of the run. Defaults to 0.
        previous: `NetworkData`. Data read earlier from the same run, so that only later
            records are read. Defaults to `None`.

    Returns:
        `NetworkData`.

    Raises:
        ValueError: If no layer has the quantity, the run lacks the statistic, or the
            step was not recorded.
    """
    overview = overview_data(
        *(run, quantity, statistic),
        previous=None if previous is None else previous.overview,
    )
    rows = [layer for layer in run.layers if layer.role is Role.LAYER]
    kinds = {layer.name: layer.kind for layer in rows}
    graph = network_graph(run.attributes, [*kinds], kinds)
    known = previous if previous is not None and previous.graph == graph else None
    return NetworkData(
        run=run.name,
        # The same object is quickly compared.
        graph=known.graph if known else graph,
        placement=known.placement if known else place(graph),
        overview=overview,
        record=record_of(run, step) % max(len(overview.steps), 1),
        absent={
            layer.name: layer.absent.get(overview.quantity, "not recorded")
            for layer in rows
            if layer.name not in overview.layers
        },
        index=index,
    )
