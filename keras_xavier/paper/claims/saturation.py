"""Claims of section 3: saturation of layers during training."""

import numpy as np

from keras_xavier.paper.claims.claim import Verdict, claim
from keras_xavier.paper.claims.reading import (
    CHANCE,
    EMPTY,
    FREE,
    SATURATED,
    Array,
    at_the_end,
    count_text,
    first,
    half_grown,
    hidden,
    knees,
    leaves,
    leaving,
    most,
    of_each,
    sizes,
    text,
    top_saturation,
    under_chance,
    updates,
)
from keras_xavier.paper.reproduction import SIGMOID_LAYERS, Reproduction
from keras_xavier.paper.results import TEST_EXAMPLES
from keras_xavier.paper.schemes import SIGMOID, SOFTSIGN, SOFTSIGN_N, TANH
from keras_xavier.paper.test_error_curves import METRIC
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic

NEAR_ZERO = 0.1
"""A sigmoid layer with a smaller mean is at 0: its slope is at most 0.09, not 0.25."""
BEGINNING = 0.02
"""Share of saturated values at which a layer begins to saturate: the share beyond the
98th percentile, which the paper plots."""
NOT_STUCK = (
    "The network was never stuck: with a different width or learning rate, or with "
    "fewer updates than in the paper, the top layer may not saturate."
)


@claim(
    "The top hidden layer of a sigmoid network collapses to 0 immediately.",
    "3.1, figure 2",
)
def sigmoid_top_layer_goes_to_zero(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    means = hidden(run, Statistic.MEAN)[:, -1]
    low = means < NEAR_ZERO
    start = first(run, low)
    end = min(leaves(run), updates(run))
    since = (
        f"falls below {NEAR_ZERO} at update {start:,.0f}"
        if low.any()
        else f"never falls below {NEAR_ZERO}"
    )
    share = start / end
    return Verdict(
        f"the mean of layer {SIGMOID_LAYERS} starts at {means[0]:.2f} and {since}; its "
        f"minimum is {means.min():.3f}; {leaving(run)}",
        share,
        "within 1% of the updates until the layer leaves saturation or training ends: "
        "in the paper, epoch 1 and about epoch 100",
        share <= 0.01,
        NOT_STUCK,
    )


@claim("The layers below stay near 0.5 during this time.", "3.1, figure 2")
def lower_sigmoid_layers_stay(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    bound = 8**-0.5
    expected = (
        f"within {bound:.2f} of 0.5, where the slope m(1 - m) is at least half of the "
        "steepest slope; the top layer has less than a twentieth of it"
    )
    means = hidden(run, Statistic.MEAN)[top_saturation(run) > SATURATED, :-1]
    if not means.size:
        return Verdict(
            "the top layer is never saturated", np.nan, expected, False, NOT_STUCK
        )
    farthest = float(np.abs(means - 0.5).max())
    return Verdict(
        "while the top layer is saturated, the means of the layers below range from "
        f"{means.min():.2f} to {means.max():.2f}; medians, starting with the first "
        f"layer: {text(np.median(means, axis=0))}",
        farthest,
        expected,
        farthest <= bound,
        "Lower layers saturate as well, unlike in the paper: the learning rate may be "
        "larger than the paper's.",
    )


@claim("The error stays at chance while the top layer is at 0.", "3.1, figure 2")
def error_stays_at_chance(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    expected = (
        f"at most {100 * under_chance():.1f} points below chance: three standard "
        f"deviations for {TEST_EXAMPLES:,} test examples"
    )
    steps, errors = run.metrics()[METRIC]
    records = np.searchsorted(run.steps, steps, side="right") - 1
    meanwhile = errors[top_saturation(run)[records] > SATURATED]
    if not len(meanwhile):
        return Verdict(
            "the test error was not measured while the top layer was saturated",
            np.nan,
            expected,
            False,
            NOT_STUCK,
        )
    gap = float(CHANCE - meanwhile.min())
    return Verdict(
        f"the lowest test error is {meanwhile.min():.1%} in {len(meanwhile)} "
        "evaluations while the top layer is saturated; guessing the most frequent "
        f"class gives {CHANCE:.1%}",
        gap,
        expected,
        gap <= under_chance(),
        "The remaining slope of the top layer suffices for learning.",
    )


@claim("Later, the top sigmoid layer leaves saturation.", "3.1, figure 2")
def sigmoid_leaves_saturation(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    share = top_saturation(run)
    was = bool((share > SATURATED).any())
    end = float(at_the_end(run, share))
    _, errors = run.metrics()[METRIC]
    start = first(run, share > SATURATED)
    since = (
        f"exceeds {SATURATED:.0%} from update {start:,.0f} on"
        if was
        else f"never exceeds {SATURATED:.0%}"
    )
    return Verdict(
        f"the share of saturated values of layer {SIGMOID_LAYERS} {since}; "
        f"{leaving(run)} (below {FREE:.0%}), with {end:.0%} over the last tenth of the "
        f"updates; the test error goes from {errors[0]:.1%} to {errors[-1]:.1%}",
        end,
        f"below {FREE:.0%} at the end, so that most values have at least 5% of the "
        f"steepest slope again, after a share above {SATURATED:.0%}",
        was and end < FREE,
        "The top layer is still saturated: in the paper, this took about 100 epochs of "
        "20,000 updates."
        if was
        else NOT_STUCK,
    )


@claim("Tanh layers saturate one after another, bottom layer first.", "3.2, figure 3")
def tanh_saturates_in_turn(of: Reproduction) -> Verdict:
    begun = [begins(run) for run in of.runs(TANH)]
    reached = [int(np.isfinite(steps).sum()) for steps in begun]
    in_turn = [
        bool((np.diff(steps[:count]) > 0).all()) and 2 <= count == rise(steps)
        for steps, count in zip(begun, reached, strict=True)
    ]
    return Verdict(
        f"{BEGINNING:.0%} of the values are saturated at update "
        + "; ".join(text(steps, ",.0f") for steps in begun)
        + " (layers from first to last, networks separated by semicolons, – for "
        f"never); one after another {count_text(in_turn)}",
        float(np.median(reached)),
        "in most networks, at least two layers, each after the layer below it; "
        f"{BEGINNING:.0%} is the share beyond the 98th percentile, which the paper "
        "plots",
        most(in_turn),
        "Layers saturate in another order, or too few saturate: smaller networks with "
        "fewer updates may not get as far as the paper's.",
    )


@claim("Softsign layers saturate together.", "3.3, figure 3")
def softsign_layers_move_together(of: Reproduction) -> Verdict:
    softsign, tanh = (
        np.array([half_grown(run) for run in of.runs(scheme)])
        for scheme in (SOFTSIGN, TANH)
    )
    spread, other = (
        np.array([farthest_apart(one) for one in found]) for found in (softsign, tanh)
    )
    bound = 1 / softsign.shape[1]
    together = (spread <= bound) & (spread < other)
    return Verdict(
        "all layers complete half of the growth of their 98th percentiles within "
        f"{text(spread, '.0%')} of the updates (one number for each network), with "
        f"tanh within {text(other, '.0%')}; softsign layers, from first to last, do so "
        "after "
        + "; ".join(text(shares, ".0%") for shares in softsign)
        + f" of the updates; together {count_text(together)}",
        float(np.median(spread)),
        f"in most networks within {bound:.0%} of the updates, the share of each layer "
        f"if the {softsign.shape[1]} layers took turns, and closer than with tanh",
        most(together),
        "Some layers lag behind the others, or the layers of tanh are as close "
        "together, as the numbers show.",
    )


@claim("Tanh ends with many activations at 0 and at ±1.", "3.3, figure 4")
def tanh_ends_at_zero_and_one(of: Reproduction) -> Verdict:
    found = [sizes(run, 0, 10) for run in of.runs(TANH)]
    modes = np.array([one[[0, -1]] / max(one.min(), EMPTY) for one in found])
    are_modes = np.array([one[0] > one[1] and one[-1] > one[-2] for one in found])
    lower = np.where(are_modes, modes.min(axis=1), 0.0)
    seen = lower >= 1.5
    return Verdict(
        f"in the first layer, the density at 0 is {text(modes[:, 0])} times that of "
        "the least dense tenth of the range to ±1, and the density at ±1 "
        f"{text(modes[:, 1])} times (one number for each network); both are modes "
        f"{count_text(are_modes)}",
        float(np.median(lower)),
        "in most networks, both are denser than the adjacent tenth and at least 1.5 "
        "times as dense as the least dense tenth: a valley that neither a uniform nor "
        "a bell-shaped distribution has, and deeper than the noise of single bins",
        most(seen),
        "The first layer has not reached ±1, or has left 0: the two modes appear only "
        "after long training.",
    )


@claim("Softsign activations end in the knees, ±0.6 to ±0.8.", "3.3, figure 4")
def softsign_ends_in_its_knees(of: Reproduction) -> Verdict:
    runs, normalized = of.runs(SOFTSIGN), of.runs(SOFTSIGN_N)
    fifths = np.median([sizes(run, 0, 5) for run in runs], axis=0)
    ratios = of_each(runs, lambda run: knees(sizes(run, 0, 5)))
    others = of_each(normalized, lambda run: knees(sizes(run, 0, 5)))
    second = of_each(runs, lambda run: knees(sizes(run, 1, 5)))
    saturated = of_each(runs, lambda run: hidden(run, Statistic.SATURATED)[-1, 0])
    rates = [one[0].hyperparameters["learning_rate"] for one in (runs, normalized)]
    return Verdict(
        "in fifths of the range from 0 to ±1, the first layer has densities of "
        f"{text(fifths)} relative to a uniform distribution (medians of the networks); "
        f"the fourth fifth is the densest {count_text(ratios > 1)}",
        float(np.median(ratios)),
        "in most networks, ±0.6 to ±0.8 is denser than any other fifth of the range",
        most(ratios > 1),
        f"With the learning rate {rates[0]:g}, the first layer is densest elsewhere, "
        f"and {np.median(saturated):.0%} of its values have less than 5% of the "
        "steepest slope (beyond ±0.78). The knees are the densest fifth of the second "
        f"layer {count_text(second > 1)}, and of the first layer with the normalized "
        f"initialization (learning rate {rates[1]:g}) {count_text(others > 1)}. How "
        "far the activations of a layer move depends on how fast it learns.",
    )


def begins(run: Run) -> Array:
    """Returns the step at which each layer begins to saturate; infinite if never."""
    shares = hidden(run, Statistic.SATURATED)
    return np.array([first(run, one >= BEGINNING) for one in shares.T])


def rise(steps: Array) -> int:
    """Returns the number of consecutive saturating layers, from the first layer."""
    return int(np.cumprod(np.isfinite(steps)).sum())


def farthest_apart(shares: Array) -> float:
    """Returns the range of the shares; infinite if one is infinite."""
    return float(np.ptp(shares)) if np.isfinite(shares).all() else np.inf
