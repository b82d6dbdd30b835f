"""Predictions of theory for the first step of a run.

Theory predicts how variances change from layer to layer. The variances of the first
preactivations and of the last gradients are taken from the run.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
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
"""The quantities that theory predicts."""
DENSE = "Dense"
PLAIN = (DENSE, "Flatten", "Dropout")
"""Kinds of layers in a plain chain, in which each layer feeds the next."""
BIAS_VARIANCES = "bias_variances"
"""The attribute of a run with the bias variances of a plain chain, by layer name."""


def predicted_std(
    run: Run, quantity: str, *, linear: bool = False
) -> "xarray.DataArray":
    """Predicts the standard deviations in a chain of dense layers before training.

    The prediction starts from measured values: the variance of the weights of each
    layer, of the first layer's preactivations and of the last layer's gradients.
    Forward it follows q → n Var[W] E[φ(s)²] + Var[b], and backward the gain n' Var[W]
    E[φ'(s)²]. It is the expectation over random weights, from which a layer with few
    units may deviate.

    Weight gradients are not predicted: their variance depends on the correlation of the
    gradients of different examples, which a run does not contain.

    Args:
        run: `Run`. A run that was recorded from its first step on.
        quantity: str. `"preactivation"`, `"activation"` or `"preactivation_gradient"`.
        linear: bool. Whether φ is taken as linear, as in the paper. Defaults to
            `False`.

    Returns:
        `xarray.DataArray` with the axes step and layer, as `run.statistics(quantity,
        "std")`, of the first step only. NaN where theory has no prediction: for other
        quantities, after an unknown activation function such as softmax, after
        pre-training, and for models that are not chains of dense layers.

    Raises:
        ValueError: If `quantity` is unknown.

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
    """Returns the result of `predicted_std` as a NumPy array of shape (layer,)."""
    quantity = Quantity(quantity)
    values = np.full(len(run.layers), np.nan)
    for chain in _chains(run) if quantity in PREDICTED and len(run.steps) else []:
        indices = [link.index for link in chain]
        values[indices] = _of_chain(run, chain, quantity, linear)
    return values


def chains(run: Run) -> list[list[int]]:
    """Returns the chains of adjacent dense layers for which theory has predictions.

    Args:
        run: `Run` with records of weights.

    Returns:
        List of lists of int. Indices of the layers of each chain, from the input up.
    """
    return [[link.index for link in chain] for chain in _chains(run)]


@dataclass(frozen=True)
class _Link:
    """One layer of a chain: index, table row, number of inputs, Var[W] and Var[b]."""

    index: int
    layer: Layer
    fan_in: int
    variance: float
    bias_variance: float


def _chains(run: Run) -> list[list[_Link]]:
    biases = _bias_variances(run)
    variances = _second_moments(run, Quantity.WEIGHT)
    counts = value_counts(run, Quantity.WEIGHT)
    chains: list[list[_Link]] = []
    below: _Link | None = None
    for index, layer in enumerate(run.layers):
        if layer.name not in biases or not variances[index] > 0:
            below = None
            continue
        fan_in = int(counts[index]) // max(layer.units, 1)
        link = _Link(index, layer, fan_in, variances[index], biases[layer.name])
        fed = below is not None and below.layer.units == fan_in
        # If only some layers are recorded, the layer between may be missing.
        if fed and below is not None and _follows(below.layer, layer, biases):
            chains[-1].append(link)
        else:
            chains.append([link])
        below = link
    return chains


def _follows(below: Layer, layer: Layer, names: Iterable[str]) -> bool:
    return (below.name, layer.name) in pairwise(names)


def _bias_variances(run: Run) -> Mapping[str, float]:
    """Returns the bias variances of a plain chain by name; empty for other models."""
    plain = all(layer.kind in PLAIN for layer in run.layers)
    trained = run.steps[0] != 0 or run.hyperparameters.get("pretraining_updates")
    if not plain or trained:
        return {}
    # Runs of earlier versions lack the attribute; their biases were 0.
    dense = [layer.name for layer in run.layers if layer.kind == DENSE]
    stored = run.attributes.get(BIAS_VARIANCES, dict.fromkeys(dense, 0.0))
    if not isinstance(stored, Mapping):
        return {}
    return {name: one for name, one in stored.items() if isinstance(one, int | float)}


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
    """Returns the mean square in each layer at the first recorded step."""
    names = (Statistic.MEAN, Statistic.STD)
    if not {*names} <= {*run.statistic_names}:
        return np.full(len(run.layers), np.nan)
    values = run.read_several(quantity, names, stop=1)[0]
    moments: Values = np.square(values, dtype=np.float64).sum(axis=-1)
    return moments
