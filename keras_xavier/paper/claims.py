"""What Glorot & Bengio (2010) claim, each held against runs.

A claim is a function from a reproduction to a verdict: a number, what it should be and
why, and whether it was seen. The order is that of the paper.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_xavier.figures.binning import between, histogram
from keras_xavier.paper.cost_surface import cost_surfaces
from keras_xavier.paper.reproduction import SHAPESET, SIGMOID_LAYERS, Reproduction
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SOFTSIGN_N,
    TANH,
    TANH_N,
    Scheme,
)
from keras_xavier.paper.test_errors import METRIC, last_errors
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity, Statistic

Array = NDArray[np.floating]
OUTPUT = "output"
JACOBIAN_EXAMPLES = 5
"""Each has Jacobians of its own; they hardly differ in the mean."""
NEAR_ZERO = 0.1
"""Mean of a sigmoid layer under which it is at 0: its slope is under 0.09 of 0.25."""


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    Attributes:
        found: What was measured, in words and numbers.
        number: The number that decides.
        expected: What the number should be, and why that.
        seen: Whether it is.
    """

    found: str
    number: float
    expected: str
    seen: bool


@dataclass(frozen=True)
class Claim:
    """Something that the paper says.

    Attributes:
        name: Identifies it.
        statement: What the paper says.
        place: Where it says so.
        check: Holds it against a reproduction.
    """

    name: str
    statement: str
    place: str
    check: Callable[[Reproduction], Verdict]


CLAIMS: list[Claim] = []
Check = Callable[[Reproduction], Verdict]


def claim(statement: str, place: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        CLAIMS.append(Claim(name, statement, place, check))
        return check

    return register


@claim("The top hidden layer of a sigmoid network goes to 0 at once.", "3.1, figure 2")
def sigmoid_top_layer_goes_to_zero(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    means = hidden(run, Statistic.MEAN)[:, -1]
    low = means < NEAR_ZERO
    start = first(run, low)
    share = start / updates(run)
    since = f"from update {start:,.0f} on" if low.any() else "never"
    return Verdict(
        f"the mean of layer {SIGMOID_LAYERS} is {means[0]:.2f} at first and under "
        f"{NEAR_ZERO} {since}; its lowest is {means.min():.3f}",
        share,
        "within 5 % of the training: the paper sees it in the first of 300 epochs",
        share <= 0.05,
    )


@claim("Meanwhile the layers below stay near 0.5.", "3.1, figure 2")
def lower_sigmoid_layers_stay(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    held = stuck(run)
    means = hidden(run, Statistic.MEAN)[held, :-1]
    if not means.size:
        return Verdict(
            "the top layer is never at 0", np.nan, "a time in which it is", False
        )
    farthest = float(np.abs(means - 0.5).max())
    return Verdict(
        "while the top layer is at 0, means of the layers below are from "
        f"{means.min():.2f} to {means.max():.2f}",
        farthest,
        "within 0.35 of 0.5: up to there the slope is half of the steepest one; the "
        "paper sees means above 0.5 that decrease towards the input",
        farthest <= 0.35,
    )


@claim("The error stays at chance while the top layer is at 0.", "3.1, figure 2")
def error_stays_at_chance(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    steps, errors = run.metrics()[METRIC]
    end = run.steps[stuck(run)].max(initial=0)
    meanwhile = errors[steps <= end]
    if not len(meanwhile):
        return Verdict(
            "the test error was not measured in that time",
            np.nan,
            "within 3 points of chance",
            False,
        )
    # The most frequent classes of Shapeset-3×2 are a sixth of the images each.
    chance = 1 - 1 / 6
    gap = float(chance - meanwhile.min())
    return Verdict(
        f"up to update {end:,} the lowest test error is {meanwhile.min():.1%}; the "
        f"most frequent class alone gives {chance:.1%}",
        gap,
        "within 3 points of chance: the spread of an evaluation over examples and "
        "classes that are nearly as frequent",
        gap <= 0.03,
    )


@claim("Later, the top sigmoid layer leaves its saturation.", "3.1, figure 2")
def sigmoid_leaves_saturation(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    spread = hidden(run, Statistic.STD)[:, -1]
    lowest = int(np.argmin(spread))
    ratio = float(spread[-1] / spread[lowest])
    return Verdict(
        f"the std of layer {SIGMOID_LAYERS} is lowest at update "
        f"{run.steps[lowest]:,}, {spread[lowest]:.4f}, and {spread[-1]:.4f} at the end",
        ratio,
        "at least 3 times its lowest value: the layer tells examples apart again",
        ratio >= 3,
    )


@claim("Tanh layers saturate one after another, from the bottom.", "3.2, figure 3")
def tanh_saturates_in_turn(of: Reproduction) -> Verdict:
    run = of.run(TANH)
    extremes = np.abs(hidden(run, Statistic.P98))
    level = 0.9
    steps = [first(run, sizes >= level) for sizes in extremes.T]
    reached = [step for step in steps if np.isfinite(step)]
    in_turn = steps == sorted(steps) and len(set(reached)) == len(reached) >= 2
    return Verdict(
        f"the 98th percentile reaches {level} at updates "
        + ", ".join(f"{step:,.0f}" if np.isfinite(step) else "–" for step in steps)
        + ", from the first layer to the last (–: not yet)",
        len(reached),
        "at least two layers get there, each after the one below it",
        in_turn,
    )


@claim("Softsign layers move together.", "3.3, figure 3")
def softsign_layers_move_together(of: Reproduction) -> Verdict:
    softsign, tanh = half_ways(of.run(SOFTSIGN)), half_ways(of.run(TANH))
    spread = float(np.ptp(softsign))
    return Verdict(
        "the 98th percentile of each layer is half of its way at "
        f"{', '.join(f'{share:.0%}' for share in softsign)} of the training; with "
        f"tanh at {', '.join(f'{share:.0%}' for share in tanh)}",
        spread,
        "within a sixth of the training, and closer together than with tanh",
        spread <= 1 / 6 and spread < float(np.ptp(tanh)),
    )


@claim("Tanh ends with many activations at 0 and at ±1.", "3.3, figure 4")
def tanh_ends_at_zero_and_one(of: Reproduction) -> Verdict:
    run = of.run(TANH)
    edge = density(run, 0, 0.95, 1.0)
    center = density(run, len(hidden_layers(run)) - 1, 0.0, 0.1)
    lower = min(edge, center)
    return Verdict(
        f"at ±1 the first layer is {edge:.1f} times as dense as an even spread, at 0 "
        f"the last one {center:.1f} times",
        lower,
        "both at least 2 times: peaks that no even or bell-shaped spread has at ±1",
        lower >= 2,
    )


@claim("Softsign ends in its knees, ±0.6 to ±0.8.", "3.3, figure 4")
def softsign_ends_in_its_knees(of: Reproduction) -> Verdict:
    run = of.run(SOFTSIGN)
    knees, edge = density(run, 0, 0.6, 0.8), density(run, 0, 0.95, 1.0)
    with_tanh = density(of.run(TANH), 0, 0.6, 0.8)
    return Verdict(
        f"the first layer is {knees:.1f} times as dense there as an even spread, and "
        f"{edge:.1f} times at ±1; with tanh {with_tanh:.1f} times there",
        knees,
        "at least 1.2 times an even spread, denser than with tanh and than at ±1",
        knees >= 1.2 and knees > with_tanh and knees > edge,
    )


@claim("The quadratic cost has more plateaus than the cross-entropy.", "4.1, figure 5")
def quadratic_cost_has_more_plateaus(of: Reproduction) -> Verdict:
    shares = np.array(
        [[one.plateau_share() for one in cost_surfaces(seed)] for seed in range(10)]
    )
    cross_entropy, quadratic = shares.mean(axis=0)
    ratio = float(quadratic / cross_entropy)
    return Verdict(
        f"{quadratic:.0%} of the area is nearly level, against {cross_entropy:.0%}; "
        f"more in {np.sum(shares[:, 1] > shares[:, 0])} of 10 random signals",
        ratio,
        "at least 2 times as much, as the mean of ten random signals",
        ratio >= 2,
    )


@claim(
    "At standard initialization, activations shrink from layer to layer.",
    "4.2.1, figure 6",
)
def activations_shrink_with_standard(of: Reproduction) -> Verdict:
    std = at_first(of.run(TANH), Quantity.ACTIVATION)
    factor = per_layer(std)
    return Verdict(
        f"the std is {text(std)}: {factor:.2f} for each layer",
        factor,
        "within 0.08 of 1/√3 = 0.58, what linear theory gives (equation 5)",
        abs(factor - 3**-0.5) <= 0.08,
    )


@claim(
    "At standard initialization, gradients shrink from layer to layer on their way "
    "back.",
    "4.2.1, figure 7",
)
def gradients_shrink_with_standard(of: Reproduction) -> Verdict:
    std = at_first(of.run(TANH), Quantity.PREACTIVATION_GRADIENT)[::-1]
    factor = per_layer(std)
    return Verdict(
        f"the std, from the last layer to the first, is {text(std)}: {factor:.2f} for "
        "each layer",
        factor,
        "within 0.08 of 1/√3 = 0.58, what linear theory gives (equation 6)",
        abs(factor - 3**-0.5) <= 0.08,
    )


@claim(
    "With the normalized initialization, activations and gradients stay level.",
    "4.2.1, figures 6 and 7",
)
def normalized_stays_level(of: Reproduction) -> Verdict:
    run = of.run(TANH_N)
    forward = per_layer(at_first(run, Quantity.ACTIVATION))
    back = per_layer(at_first(run, Quantity.PREACTIVATION_GRADIENT)[::-1])
    lower = min(forward, back)
    return Verdict(
        f"the std changes by {forward:.2f} for each layer forward, {back:.2f} back",
        lower,
        "at least 0.8: 1 in linear networks, less as tanh bends; standard gives 0.58",
        lower >= 0.8,
    )


@claim(
    "At initialization, weight gradients are level over layers, in both.",
    "4.2.1, figure 8",
)
def weight_gradients_are_level_at_first(of: Reproduction) -> Verdict:
    # Layers of the same shape: the theory is about those.
    standard, normalized = (
        at_first(of.run(scheme), Quantity.WEIGHT_GRADIENT)[1:]
        for scheme in (TANH, TANH_N)
    )
    ratio = max(one.max() / one.min() for one in (standard, normalized))
    return Verdict(
        f"largest over smallest std, layers 2 to 5: "
        f"{standard.max() / standard.min():.2f} with standard, "
        f"{normalized.max() / normalized.min():.2f} with normalized",
        float(ratio),
        "at most 1.5, where back-propagated gradients differ by a factor of 5",
        ratio <= 1.5,
    )


@claim(
    "In training, weight gradients of the layers diverge with the standard "
    "initialization, and not with the normalized one.",
    "4.2.1, figure 9",
)
def weight_gradients_diverge_with_standard(of: Reproduction) -> Verdict:
    standard, normalized = (spread_in_training(of.run(one)) for one in (TANH, TANH_N))
    return Verdict(
        "largest over smallest std, in that tenth of the training where it is "
        f"largest: {standard:.1f} with standard, {normalized:.1f} with normalized",
        standard / normalized,
        "at least 1.5 times as much with standard: beyond what seeds differ by",
        standard >= 1.5 * normalized,
    )


@claim(
    "The mean singular value of layer Jacobians is about 0.8 with the normalized "
    "initialization, 0.5 with the standard one.",
    "4.2.1",
)
def jacobian_singular_values(of: Reproduction) -> Verdict:
    standard, normalized = (mean_singular_value(of, one) for one in (TANH, TANH_N))
    return Verdict(
        f"{normalized:.2f} with normalized, {standard:.2f} with standard",
        normalized,
        "within 0.1 of both numbers of the paper",
        abs(normalized - 0.8) <= 0.1 and abs(standard - 0.5) <= 0.1,
    )


@claim("Normalized tanh learns better than tanh.", "5, table 1")
def normalized_tanh_beats_tanh(of: Reproduction) -> Verdict:
    standard, normalized = (last_errors(of.runs(one)) for one in (TANH, TANH_N))
    gap = float(standard.mean() - normalized.mean())
    spread = float(max(np.ptp(standard), np.ptp(normalized)))
    return Verdict(
        f"Shapeset-3×2, test error {normalized.mean():.1%} against "
        f"{standard.mean():.1%}; seeds differ by up to {spread:.1%}",
        gap,
        "better by more than seeds differ",
        gap > spread,
    )


@claim("Softsign hardly depends on the initialization.", "5, table 1")
def softsign_is_robust(of: Reproduction) -> Verdict:
    softsign, tanh = (
        abs(
            float(last_errors(of.runs(one)).mean() - last_errors(of.runs(other)).mean())
        )
        for one, other in ((SOFTSIGN, SOFTSIGN_N), (TANH, TANH_N))
    )
    return Verdict(
        f"Shapeset-3×2, test errors of the initializations differ by {softsign:.1%}, "
        f"with tanh by {tanh:.1%}",
        softsign,
        "at most half of the difference that tanh makes",
        softsign <= tanh / 2,
    )


@claim("Sigmoid is the worst in deep networks.", "5, table 1")
def sigmoid_is_worst(of: Reproduction) -> Verdict:
    errors = {one.name: float(last_errors(of.runs(one)).mean()) for one in SCHEMES}
    sigmoid = errors.pop(SIGMOID.name)
    gap = float(sigmoid - max(errors.values()))
    return Verdict(
        f"Shapeset-3×2, five layers, test error {sigmoid:.1%}; the next is "
        f"{max(errors, key=lambda name: errors[name])}, {max(errors.values()):.1%}",
        gap,
        "worse than every other scheme by more than 2 points",
        gap > 0.02,
    )


def hidden_layers(run: Run) -> list[int]:
    """Indices of the hidden layers."""
    return [i for i, layer in enumerate(run.layers) if layer.name != OUTPUT]


def hidden(
    run: Run, statistic: Statistic, quantity: Quantity = Quantity.ACTIVATION
) -> Array:
    """A statistic of the hidden layers, `(record, layer)`."""
    return run.read_statistics(quantity, statistic)[:, hidden_layers(run)]


def at_first(run: Run, quantity: Quantity) -> Array:
    """Standard deviations of the hidden layers at initialization."""
    return hidden(run, Statistic.STD, quantity)[0]


def updates(run: Run) -> int:
    return int(run.steps[-1])


def first(run: Run, condition: NDArray[np.bool_]) -> float:
    """The first recorded step at which something holds; infinite if it never does."""
    return float(run.steps[np.argmax(condition)]) if condition.any() else np.inf


def stuck(run: Run) -> NDArray[np.bool_]:
    """In which records the top hidden layer is at 0, and tells examples hardly apart.

    That is from where its mean gets under 0.1 to where its standard deviation is
    three times its lowest.
    """
    low = hidden(run, Statistic.MEAN)[:, -1] < NEAR_ZERO
    spread = hidden(run, Statistic.STD)[:, -1]
    lowest = int(np.argmin(np.where(low, spread, np.inf)))
    after = np.arange(len(spread)) > lowest
    left = after & (spread >= 3 * spread[lowest])
    return low & (np.cumsum(left) == 0)


def half_ways(run: Run) -> Array:
    """When the 98th percentile of each layer is half of its way, as a share."""
    extremes = hidden(run, Statistic.P98)
    half = (extremes[0] + extremes[-1]) / 2
    return np.array(
        [
            first(run, extremes[:, layer] >= half[layer]) / updates(run)
            for layer in range(extremes.shape[1])
        ]
    )


def density(run: Run, layer: int, low: float, high: float) -> float:
    """How dense sizes of activations are at the end, compared with an even spread."""
    index = hidden_layers(run)[layer]
    found = histogram(
        run.read_histogram(Quantity.ACTIVATION, -1)[index],
        run.edges(Quantity.ACTIVATION)[index],
    )
    inside = sum(
        float(between(found, np.array(ends))[0])
        for ends in ((low, high), (-high, -low))
    )
    return inside / found.total / (high - low)


def per_layer(std: Array) -> float:
    """Factor from one layer to the next, as the geometric mean."""
    return float((std[-1] / std[0]) ** (1 / (len(std) - 1)))


def spread_in_training(run: Run) -> float:
    """Largest median, over a tenth of the training, of how far layers are apart."""
    std = hidden(run, Statistic.STD, Quantity.WEIGHT_GRADIENT)
    ratio = std.max(axis=1) / std.min(axis=1)
    tenth = np.minimum(10 * run.steps // (updates(run) + 1), 9)
    return float(max(np.median(ratio[tenth == i]) for i in np.unique(tenth)))


def mean_singular_value(of: Reproduction, scheme: Scheme) -> float:
    """Of all Jacobians between hidden layers, before training."""
    from keras_xavier.datasets import load
    from keras_xavier.paper.training import build
    from keras_xavier.probing import layer_jacobian_singular_values

    dataset = load(SHAPESET)
    network = build(of.experiment(scheme), dataset)
    found = layer_jacobian_singular_values(
        network, dataset.test[0][:JACOBIAN_EXAMPLES], layers="hidden_*"
    )
    return float(np.mean([one.values for one in found]))


def text(values: Array) -> str:
    return ", ".join(f"{value:.2g}" for value in values)
