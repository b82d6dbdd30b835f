"""What theory expects of a run at its first step, beside what was measured.

Theory says how variances change from layer to layer; with which the signal enters,
and the gradient at the top, is taken from the run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Statistic
from keras_xavier.theory.mean_field import mean, second_moment, squared_slope
from keras_xavier.theory.nonlinearities import NONLINEARITIES, Values

if TYPE_CHECKING:
    import xarray

PREDICTED = (
    Quantity.PREACTIVATION,
    Quantity.ACTIVATION,
    Quantity.PREACTIVATION_GRADIENT,
)
"""Quantities that theory speaks of."""
DENSE = "Dense"
PLAIN = (DENSE, "Flatten", "Dropout")
"""Kinds of layers whose rows stand in the order in which they feed each other."""
BIAS_VARIANCES = "bias_variances"
"""Attribute of a run: of each dense layer in turn, if the model is a plain chain."""


def predicted_std(
    run: Run, quantity: str, *, linear: bool = False
) -> "xarray.DataArray":
    """Standard deviations that theory expects of a network before training.

    For chains of dense layers. The variance of their weights is the measured one.
    The preactivations of the first layer and the gradients of the last one are
    measured as well, and lead to all others: q → n Var[W] E[φ(s)²] + Var[b] forward,
    and by the gain n' Var[W] E[φ'(s)²] on the way back. It is the expectation over
    draws of the weights: of one draw, a layer of few units may be far from it.

    Weight gradients are left out: their variance hangs on how alike the gradients of
    the examples are, which a run does not tell.

    Args:
        run: A run that was recorded from its first step on.
        quantity: Which, such as `"activation"`.
        linear: Whether to take φ as linear, as the paper does, rather than as it is.

    Returns:
        `xarray.DataArray` with the axes of `run.statistics(quantity, "std")`, its step
        the first one. NaN where theory says nothing: of other quantities, after an
        activation that it does not know, such as softmax, after pre-training, and of
        models that are more than a chain of dense layers.

    Raises:
        ValueError: If there is no such quantity.

    Reference:

    - Glorot & Bengio (2010), equations 5 and 6; Poole et al. (2016); Schoenholz et
      al. (2017).

    Example:

    ```python
    run = open_run("runs/tanh")
    predicted_std(run, "activation") / run.statistics("activation", "std")[:1]
    ```
    """
    import xarray

    return xarray.DataArray(
        expected_std(run, quantity, linear=linear)[None][: len(run.steps)],
        coords={"step": run.steps[:1], "layer": [layer.name for layer in run.layers]},
        dims=("step", "layer"),
        name=str(Statistic.STD),
        attrs={"quantity": quantity, "run": run.name},
    )


def expected_std(run: Run, quantity: str, *, linear: bool = False) -> Values:
    """As `predicted_std`, but as a plain array `(layer,)`."""
    quantity = Quantity(quantity)
    values = np.full(len(run.layers), np.nan)
    for chain in _chains(run) if quantity in PREDICTED and len(run.steps) else []:
        place = [link.index for link in chain]
        values[place] = _of_chain(run, chain, quantity, linear)
    return values


def chains(run: Run) -> list[list[int]]:
    """Rows of the layer table that theory speaks of, those that follow each other.

    Args:
        run: A run with records of weights.

    Returns:
        Indices of the layers of each chain, from below.
    """
    return [[link.index for link in chain] for chain in _chains(run)]


@dataclass(frozen=True)
class _Link:
    """One layer of a chain: its row in the layer table, inputs, Var[W] and Var[b]."""

    index: int
    layer: Layer
    fan_in: int
    variance: float
    bias_variance: float


def _chains(run: Run) -> list[list[_Link]]:
    biases = _bias_variances(run)
    variances = _second_moments(run, Quantity.WEIGHT)
    counts = run.read_histogram(Quantity.WEIGHT, 0).sum(axis=-1)
    chains: list[list[_Link]] = []
    below: _Link | None = None
    for index, layer in enumerate(run.layers):
        if layer.name not in biases or not variances[index] > 0:
            below = None
            continue
        fan_in = int(counts[index]) // layer.units
        link = _Link(index, layer, fan_in, variances[index], biases[layer.name])
        fed = below is not None and below.layer.units == fan_in
        # Of some layers only, the one in between may not have been recorded.
        if fed and below is not None and _follows(below.layer, layer, biases):
            chains[-1].append(link)
        else:
            chains.append([link])
        below = link
    return chains


def _follows(below: Layer, layer: Layer, names: Iterable[str]) -> bool:
    return (below.name, layer.name) in pairwise(names)


def _bias_variances(run: Run) -> Mapping[str, float]:
    """Of the dense layers, in the order of the model; empty if it is not a chain."""
    plain = all(layer.kind in PLAIN for layer in run.layers)
    trained = run.steps[0] != 0 or run.hyperparameters.get("pretraining_updates")
    if not plain or trained:
        return {}
    # Runs of earlier versions do not tell; they had biases of 0.
    dense = [layer.name for layer in run.layers if layer.kind == DENSE]
    told = run.attributes.get(BIAS_VARIANCES, dict.fromkeys(dense, 0.0))
    if not isinstance(told, Mapping):
        return {}
    return {name: one for name, one in told.items() if isinstance(one, int | float)}


def _of_chain(run: Run, chain: list[_Link], quantity: Quantity, linear: bool) -> Values:
    first, last = chain[0], chain[-1]
    phis = [_phi(link.layer, linear) for link in chain]
    q = [_second_moments(run, Quantity.PREACTIVATION)[first.index]]
    for phi, above in zip(phis, chain[1:], strict=False):
        square = _expected(second_moment, q[-1], phi)
        q.append(above.fan_in * above.variance * square + above.bias_variance)
    if quantity is Quantity.PREACTIVATION:
        return np.sqrt(q)
    if quantity is Quantity.ACTIVATION:
        pairs = list(zip(q, phis, strict=True))
        squares = np.array([_expected(second_moment, *pair) for pair in pairs])
        means = np.array([_expected(mean, *pair) for pair in pairs])
        return np.sqrt(np.maximum(squares - np.square(means), 0))
    back = [_second_moments(run, Quantity.PREACTIVATION_GRADIENT)[last.index]]
    for one, phi, above in zip(q[-2::-1], phis[-2::-1], chain[:0:-1], strict=True):
        gain = above.layer.units * above.variance
        back.append(back[-1] * gain * _expected(squared_slope, one, phi))
    return np.sqrt(back[::-1])


def _expected(
    of: Callable[[float, str], float], variance: float, phi: str | None
) -> float:
    return of(variance, phi) if phi and np.isfinite(variance) else np.nan


def _phi(layer: Layer, linear: bool) -> str | None:
    name = layer.activation or "linear"
    if name not in NONLINEARITIES:
        return None
    return "linear" if linear else name


def _second_moments(run: Run, quantity: Quantity) -> Values:
    """Mean squares in each layer at the first recorded step."""
    names = (Statistic.MEAN, Statistic.STD)
    values = run.read_several(quantity, names, stop=1)[0]
    moments: Values = np.square(values, dtype=np.float64).sum(axis=-1)
    return moments
