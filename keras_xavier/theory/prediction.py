"""What theory expects of a run at its first step, beside what was measured.

Theory says how variances change from layer to layer; with which the signal enters,
and the gradient at the top, is taken from the run.
"""

from dataclasses import dataclass

import numpy as np
import xarray

from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic
from keras_xavier.theory.mean_field import mean, second_moment, squared_slope
from keras_xavier.theory.nonlinearities import NONLINEARITIES, Values

PREDICTED = (
    Quantity.PREACTIVATION,
    Quantity.ACTIVATION,
    Quantity.PREACTIVATION_GRADIENT,
    Quantity.WEIGHT_GRADIENT,
)
"""Quantities that theory speaks of."""
DENSE = "Dense"


def predicted_std(run: Run, quantity: str, *, linear: bool = False) -> xarray.DataArray:
    """Standard deviations that theory expects at the first recorded step.

    For chains of dense layers, each fed by the one before it in the layer table. The
    variance of their weights is the measured one. The preactivations of the first
    layer of a chain and the gradients of its last one are measured, and lead to all
    others: q → σ_w² E[φ(s)²] forward, E[φ'(s)²] n Var[W] on the way back. Weight
    gradients take the examples of a batch as independent.

    Args:
        run: A run that was recorded from its first step on.
        quantity: One of `PREDICTED`.
        linear: Whether to take φ as linear, as the paper does, rather than as it is.

    Returns:
        `xarray.DataArray` with the axes step, of length 1, and layer; NaN where
        theory says nothing: outside of such chains, and without a known activation.

    Raises:
        ValueError: If theory says nothing of this quantity.

    Reference:

    - Glorot & Bengio (2010), equations 5 to 7; Poole et al. (2016).
    """
    if quantity not in PREDICTED:
        raise ValueError(
            f"`quantity` must be one of {', '.join(PREDICTED)}. "
            f"Received: quantity={quantity!r}"
        )
    values = np.full(len(run.layers), np.nan)
    if len(run.steps):
        for chain in _chains(run):
            place = [link.index for link in chain]
            values[place] = _of_chain(run, chain, Quantity(quantity), linear)
    return xarray.DataArray(
        values[None] if len(run.steps) else values[None][:0],
        coords={"step": run.steps[:1], "layer": [layer.name for layer in run.layers]},
        name=str(Statistic.STD),
        attrs={"quantity": str(quantity), "run": run.name},
    )


@dataclass(frozen=True)
class _Link:
    """One layer of a chain: its row in the layer table, inputs and Var[W]."""

    index: int
    layer: Layer
    fan_in: int
    variance: float


def _chains(run: Run) -> list[list[_Link]]:
    variances = _second_moments(run, Quantity.WEIGHT)
    counts = run.read_histogram(Quantity.WEIGHT, 0).sum(axis=-1)
    chains: list[list[_Link]] = []
    for index, layer in enumerate(run.layers):
        if layer.kind != DENSE or not np.isfinite(variances[index]):
            chains.append([])
            continue
        fan_in = int(counts[index]) // layer.units
        link = _Link(index, layer, fan_in, float(variances[index]))
        below = chains[-1][-1] if chains and chains[-1] else None
        fed = below is not None and below.layer.units == fan_in
        if fed and below is not None and _activation(below.layer) is not None:
            chains[-1].append(link)
        else:
            chains.append([link])
    return [chain for chain in chains if chain]


def _of_chain(run: Run, chain: list[_Link], quantity: Quantity, linear: bool) -> Values:
    phis = ["linear" if linear else _activation(link.layer) for link in chain]
    first, last = chain[0], chain[-1]
    q = [float(_second_moments(run, Quantity.PREACTIVATION)[first.index])]
    squares = []
    for phi, above in zip(phis, [*chain[1:], None], strict=True):
        squares.append(np.nan if phi is None else second_moment(q[-1], phi))
        if above is not None:
            q.append(above.fan_in * above.variance * squares[-1])
    if quantity is Quantity.PREACTIVATION:
        return np.sqrt(q)
    if quantity is Quantity.ACTIVATION:
        means = [
            np.nan if phi is None else mean(one, phi)
            for phi, one in zip(phis, q, strict=True)
        ]
        return np.sqrt(np.maximum(np.subtract(squares, np.square(means)), 0))
    back = [float(_second_moments(run, Quantity.PREACTIVATION_GRADIENT)[last.index])]
    for phi, one, above in zip(phis[-2::-1], q[-2::-1], chain[:0:-1], strict=True):
        slope = np.nan if phi is None else squared_slope(one, phi)
        gain = above.layer.units * above.variance * slope
        back.append(back[-1] * gain)
    back.reverse()
    if quantity is Quantity.PREACTIVATION_GRADIENT:
        return np.sqrt(back)
    inputs = [q[0] / (first.fan_in * first.variance), *squares[:-1]]
    products = np.multiply(inputs, back)
    top = _second_moments(run, Quantity.WEIGHT_GRADIENT)[last.index]
    return np.sqrt(products * top / products[-1])


def _second_moments(run: Run, quantity: Quantity) -> Values:
    """Mean squares in each layer at the first recorded step."""
    names = (Statistic.MEAN, Statistic.STD)
    values = run.read_several(quantity, names, stop=1)[0]
    moments: Values = np.square(values, dtype=np.float64).sum(axis=-1)
    return moments


def _activation(layer: Layer) -> str | None:
    name = layer.activation or "linear"
    return name if name in NONLINEARITIES else None
