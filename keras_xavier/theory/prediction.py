"""Predictions of theory for the first step of a run.

Theory predicts how three statistics change from layer to layer: the standard deviation,
its part within units, and the mean cosine between examples. Their values in the first
preactivations and in the last gradients are taken from the run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_xavier.runs import Run
from keras_xavier.runs.value_counts import value_counts
from keras_xavier.statistics import Quantity, Role, Statistic
from keras_xavier.theory.chains import (
    Link,
    find_chains,
    first_values,
    function_name,
    second_moments,
    why_no_chains,
)
from keras_xavier.theory.depth import DepthScales, depth_scales
from keras_xavier.theory.nonlinearities import Values
from keras_xavier.theory.propagation import (
    Chain,
    deviation,
    differences,
    gradients,
    limit_distance,
    moments,
    slope_correlations,
)

if TYPE_CHECKING:
    import xarray

PREDICTED = (
    Quantity.PREACTIVATION,
    Quantity.ACTIVATION,
    Quantity.PREACTIVATION_GRADIENT,
)
"""The quantities that theory predicts."""
PREDICTED_STATISTICS = (Statistic.STD, Statistic.UNIT_STD, Statistic.COSINE)
"""The statistics that theory predicts."""
ALIKE = 0.1
"""Largest relative range of the variances of layers that are alike."""
NOTABLE = 0.2
"""Expected relative deviation of a std from theory above which a remark reports it."""


def predicted(
    run: Run,
    quantity: str,
    statistic: str = Statistic.STD,
    *,
    linear: bool = False,
) -> "xarray.DataArray":
    """Predicts a statistic of a chain of dense layers before training.

    The prediction starts from measured values: the variance of the weights of each
    layer, the three statistics of the first layer's preactivations and of the last
    layer's gradients. With q the variance of the preactivations and c the correlation
    of two examples:

    - forward, q → n Var[W] E[φ(s)²] + Var[b], and the covariance q c follows the same
      map of E[φ(s) φ(s')],
    - backward, the gain of the variance is n' Var[W] E[φ'(s)²], and of the covariance
      n' Var[W] E[φ'(s) φ'(s')].

    `unit_std` is √(q (1 − c)) for preactivations and √(E[φ(s)²] − E[φ(s) φ(s')]) for
    activations, with the correlation of different rows, whose number N adds a factor
    √(1 − 1/N). `cosine` is c, and E[φ(s) φ(s')] / E[φ(s)²].

    A prediction is the expectation over random weights and for examples of equal norm,
    from which a layer with few units may deviate. Weight gradients are not predicted.

    Args:
        run: `Run`. A run that was recorded from its first step on.
        quantity: str. `"preactivation"`, `"activation"` or `"preactivation_gradient"`.
        statistic: str. `"std"`, `"unit_std"` or `"cosine"`. Defaults to `"std"`.
        linear: bool. Whether φ is taken as linear, as in the paper. Defaults to
            `False`.

    Returns:
        `xarray.DataArray` with the axes step and layer, as `run.statistics(quantity,
        statistic)`, of the first step only. NaN where theory has no prediction: for
        other quantities and statistics, after an unknown activation function such as
        softmax, and in runs that `theory_remark` gives a reason for.

    Raises:
        ValueError: If `quantity` or `statistic` is unknown.

    Reference:

    - Glorot & Bengio (2010), equations 5 and 6; Poole et al. (2016), equations 3 and
      5; Schoenholz et al. (2017).

    Example:

    ```python
    run = open_run("runs/sigmoid")
    measured = run.statistics("activation", "unit_std")[:1]
    predicted(run, "activation", "unit_std") / measured
    ```
    """
    import xarray

    values = expected(run, quantity, statistic, linear=linear)
    rows = [i for i, layer in enumerate(run.layers) if layer.role is Role.LAYER]
    return xarray.DataArray(
        values[None][: len(run.steps), rows],
        coords={"step": run.steps[:1], "layer": [run.layers[i].name for i in rows]},
        dims=("step", "layer"),
        name=str(Statistic(statistic)),
        attrs={"quantity": quantity, "run": run.name},
    )


def predicted_std(
    run: Run, quantity: str, *, linear: bool = False
) -> "xarray.DataArray":
    """Predicts the standard deviations of a chain of dense layers before training.

    The same as `predicted(run, quantity, "std")`.

    Args:
        run: `Run`. A run that was recorded from its first step on.
        quantity: str. `"preactivation"`, `"activation"` or `"preactivation_gradient"`.
        linear: bool. Whether φ is taken as linear, as in the paper. Defaults to
            `False`.

    Returns:
        `xarray.DataArray` with the axes step and layer. See `predicted`.

    Raises:
        ValueError: If `quantity` is unknown.

    Example:

    ```python
    run = open_run("runs/tanh")
    predicted_std(run, "activation") / run.statistics("activation", "std")[:1]
    ```
    """
    return predicted(run, quantity, Statistic.STD, linear=linear)


def expected(
    run: Run,
    quantity: str,
    statistic: str = Statistic.STD,
    *,
    linear: bool = False,
) -> Values:
    """Returns the result of `predicted` as a NumPy array of shape (layer,)."""
    quantity, statistic = Quantity(quantity), Statistic(statistic)
    values = np.full(len(run.layers), np.nan)
    if quantity not in PREDICTED or statistic not in PREDICTED_STATISTICS:
        return values
    for chain in find_chains(run):
        found = expected_in(run, chain, quantity, statistic, linear=linear)
        values[[link.values for link in chain]] = found
        separate = [i for i, link in enumerate(chain) if link.values != link.index]
        if not separate:
            continue
        if quantity is Quantity.ACTIVATION:
            # Another layer applies the activation function.
            before = Quantity.PREACTIVATION
            found = expected_in(run, chain, before, statistic, linear=linear)
        values[[chain[i].index for i in separate]] = found[separate]
    return values


def chains(run: Run) -> list[list[int]]:
    """Returns the chains of adjacent dense layers for which theory has predictions.

    Args:
        run: `Run` with records of weights.

    Returns:
        List of lists of int. Indices of the layers of each chain, from the input up.
    """
    return [[link.index for link in chain] for chain in find_chains(run)]


def chain_depth_scales(run: Run) -> DepthScales | None:
    """Returns the depth scales of a run whose hidden layers are all alike.

    They are the scales for the mean variances of its weights and biases.

    Args:
        run: `Run`.

    Returns:
        `DepthScales`, or `None`: if no chain of at least two hidden layers has the same
        width, activation function and variances, up to 10%, or the variance explodes.
    """
    longest = max(find_chains(run), key=len, default=[])
    hidden = [one for one in longest if one.activation == longest[0].activation]
    activation = hidden[0].activation if hidden else None
    if activation is None or len({one.layer.units for one in hidden}) > 1:
        return None
    weights = np.array([one.fan_in * one.variance for one in hidden[1:]])
    biases = np.array([one.bias_variance for one in hidden[1:]])
    if len(weights) < 1 or any(
        np.ptp(one) > ALIKE * one.mean() for one in (weights, biases)
    ):
        return None
    try:
        return depth_scales(
            activation,
            weight_variance=float(weights.mean()),
            bias_variance=float(biases.mean()),
        )
    except ValueError:
        return None


def theory_remark(run: Run, quantity: str, statistic: str = Statistic.STD) -> str:
    """Returns where and why theory does not describe a run, for a remark in a figure.

    Args:
        run: `Run`.
        quantity: str. A `Quantity`.
        statistic: str. A `Statistic`. Defaults to `"std"`.

    Returns:
        str. A sentence without a period, such as "theory: it covers chains of dense
        layers, not conv2d (Conv2D)"; empty if nothing needs to be said.
    """
    reason = _why_not(run, Quantity(quantity), Statistic(statistic))
    return f"theory: {reason}" if reason else ""


def why_no_theory(run: Run, quantity: str, statistic: str = Statistic.STD) -> str:
    """Returns why theory has no prediction; an empty string if it has one.

    Args:
        run: `Run`.
        quantity: str. A `Quantity`.
        statistic: str. A `Statistic`. Defaults to `"std"`.
    """
    quantity, statistic = Quantity(quantity), Statistic(statistic)
    if statistic not in PREDICTED_STATISTICS:
        return f"it does not predict the {statistic.label}"
    if quantity not in PREDICTED:
        return f"it does not predict the {quantity.label.lower()}"
    return why_no_chains(run)


def _why_not(run: Run, quantity: Quantity, statistic: Statistic) -> str:
    if reason := why_no_theory(run, quantity, statistic):
        return reason
    chains = find_chains(run)
    values = expected(run, quantity, statistic)
    hidden = [
        index
        for index, layer in enumerate(run.layers)
        if layer.role is Role.LAYER and quantity not in layer.absent
    ][:-1]
    missing = [run.layers[index] for index in hidden if not np.isfinite(values[index])]
    unknown = next((one for one in missing if function_name(one) is None), None)
    if unknown is not None:
        return (
            f"it does not know {unknown.activation}, the activation of {unknown.name}"
        )
    if missing and not np.isfinite(_starts(run, chains, quantity, statistic)).all():
        return f"the run does not contain the {statistic.label}"
    largest = max((deviation(_chain(run, one, False)) for one in chains), default=0.0)
    if largest > NOTABLE:
        return f"it assumes wide layers; expect deviations of {largest:.0%}"
    return ""


def _starts(
    run: Run, chains: list[list[Link]], quantity: Quantity, statistic: Statistic
) -> Values:
    """Returns the measured values at which the predictions start."""
    backward = quantity is Quantity.PREACTIVATION_GRADIENT
    source = quantity if backward else Quantity.PREACTIVATION
    values = first_values(run, source, statistic)[:, 0]
    return values[[chain[-1 if backward else 0].index for chain in chains]]


@dataclass(frozen=True)
class Start:
    """Measured values of a layer at one end of a chain.

    Attributes:
        square: float. Mean square.
        rows: float. N, the number of rows: of examples, times their positions.
        within: float. 1 − c, with the correlation c of different rows.
        between: float. 1 − c, with the mean cosine c between examples.
    """

    square: float
    rows: float
    within: float
    between: float


def _start(run: Run, link: Link, quantity: Quantity) -> Start:
    square = float(second_moments(run, quantity)[link.index])
    statistics = Statistic.UNIT_STD, Statistic.COSINE
    unit_std, cosine = first_values(run, quantity, *statistics)[link.index]
    rows = float(value_counts(run, quantity)[link.index]) / max(link.layer.units, 1)
    # Of all pairs of rows, 1/N are of a row with itself.
    within = np.nan
    if square > 0 and rows > 1:
        within = unit_std**2 / square / (1 - 1 / rows)
    return Start(square, rows, limit_distance(within), limit_distance(1 - cosine))


def expected_in(
    run: Run,
    links: list[Link],
    quantity: Quantity,
    statistic: Statistic = Statistic.STD,
    *,
    linear: bool = False,
) -> Values:
    """Returns a prediction for the layers of a chain, as an array of shape (layer,)."""
    start = _start(run, links[0], Quantity.PREACTIVATION)
    is_within = statistic is Statistic.UNIT_STD
    distance = start.within if is_within else start.between
    chain = _chain(run, links, linear)
    q, squares, variances = moments(chain)
    if quantity is Quantity.PREACTIVATION_GRADIENT:
        end = _start(run, links[-1], quantity)
        gains = tuple(float(one.layer.units * one.variance) for one in links[1:])
        squares = gradients(chain, gains, end.square)
        if statistic is Statistic.STD:
            return np.sqrt(squares)
        top = 1 - (end.within if is_within else end.between)
        apart = squares * (1 - top * slope_correlations(chain, distance))
        return _of_pairs(statistic, squares, apart, end.rows)
    is_forward = quantity is Quantity.PREACTIVATION
    if statistic is Statistic.STD:
        return np.sqrt(q if is_forward else variances)
    distances, apart = differences(chain, distance)
    if is_forward:
        squares, apart = q, q * distances
    return _of_pairs(statistic, squares, apart, start.rows)


def _of_pairs(
    statistic: Statistic, squares: Values, apart: Values, rows: float
) -> Values:
    """Returns `unit_std` or `cosine` from mean squares and E[(z − z')²] / 2."""
    if statistic is Statistic.UNIT_STD:
        return np.sqrt(apart * (1 - 1 / rows if rows > 1 else np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 - apart / squares


def _chain(run: Run, links: list[Link], linear: bool) -> Chain:
    names = [link.activation for link in links]
    return Chain(
        tuple("linear" if linear and name else name for name in names),
        tuple(link.layer.units for link in links[:-1]),
        tuple(float(link.fan_in * link.variance) for link in links[1:]),
        tuple(float(link.bias_variance) for link in links[1:]),
        float(second_moments(run, Quantity.PREACTIVATION)[links[0].index]),
    )
