"""Claims of section 3: how layers saturate while they learn."""

import numpy as np

from keras_xavier.paper.claims.claim import Verdict, claim
from keras_xavier.paper.claims.reading import (
    CHANCE,
    FREE,
    SATURATED,
    UNDER_CHANCE,
    Array,
    at_the_end,
    count_text,
    first,
    half_grown,
    hidden,
    leaves,
    leaving,
    most,
    of_each,
    sizes,
    text,
    top_saturation,
    updates,
)
from keras_xavier.paper.reproduction import SIGMOID_LAYERS, Reproduction
from keras_xavier.paper.results import TEST_EXAMPLES
from keras_xavier.paper.schemes import SIGMOID, SOFTSIGN, SOFTSIGN_N, TANH
from keras_xavier.paper.test_error_curves import METRIC
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic

NEAR_ZERO = 0.1
"""Mean of a sigmoid layer under which it is at 0: a slope of at most 0.09, of 0.25."""
EMPTY = 0.01
"""Density, relative to an even spread, under which nothing is told apart."""
BEGINNING = 0.02
"""Share of saturated values from which a layer saturates: what lies beyond the 98th
percentile, which the paper draws."""
NOT_STUCK = (
    "The network was never stuck, so there is nothing to see: with another width or "
    "learning rate than the paper's, or fewer updates, its top layer may not saturate."
)


@claim("The top hidden layer of a sigmoid network goes to 0 at once.", "3.1, figure 2")
def sigmoid_top_layer_goes_to_zero(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    means = hidden(run, Statistic.MEAN)[:, -1]
    low = means < NEAR_ZERO
    start = first(run, low)
    end = min(leaves(run), updates(run))
    since = f"from update {start:,.0f} on" if low.any() else "never"
    share = start / end
    return Verdict(
        f"the mean of layer {SIGMOID_LAYERS} is {means[0]:.2f} at first and under "
        f"{NEAR_ZERO} {since}, its lowest {means.min():.3f}; {leaving(run)}",
        share,
        "within a hundredth of the time until it leaves saturation, or the training "
        "ends: the paper sees it in the first epoch, and the other about epoch 100",
        share <= 0.01,
        NOT_STUCK,
    )


@claim("Meanwhile the layers below stay near 0.5.", "3.1, figure 2")
def lower_sigmoid_layers_stay(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    bound = 8**-0.5
    expected = (
        f"within {bound:.2f} of 0.5: there the slope, m(1 - m), is half of the "
        "steepest one, while that of the top layer is under a twentieth of it"
    )
    means = hidden(run, Statistic.MEAN)[top_saturation(run) > SATURATED, :-1]
    if not means.size:
        return Verdict(
            "the top layer is never saturated", np.nan, expected, False, NOT_STUCK
        )
    farthest = float(np.abs(means - 0.5).max())
    return Verdict(
        "while the top layer is saturated, means of the layers below are from "
        f"{means.min():.2f} to {means.max():.2f}; medians from the first layer on: "
        f"{text(np.median(means, axis=0))}",
        farthest,
        expected,
        farthest <= bound,
        "Lower layers saturate as well, which the paper has not seen: the learning "
        "rate may be larger than the paper's.",
    )


@claim("The error stays at chance while the top layer is at 0.", "3.1, figure 2")
def error_stays_at_chance(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    expected = (
        f"at most {100 * UNDER_CHANCE:.1f} points under it, three standard deviations "
        f"of {TEST_EXAMPLES:,} test examples"
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
        f"in {len(meanwhile)} evaluations while the top layer is saturated, the lowest "
        f"test error is {meanwhile.min():.1%}; the most frequent class alone gives "
        f"{CHANCE:.1%}",
        gap,
        expected,
        gap <= UNDER_CHANCE,
        "What is left of the top layer's slope is enough to learn from.",
    )


@claim("Later, the top sigmoid layer leaves its saturation.", "3.1, figure 2")
def sigmoid_leaves_saturation(of: Reproduction) -> Verdict:
    run = of.run(SIGMOID, layers=SIGMOID_LAYERS)
    share = top_saturation(run)
    was = bool((share > SATURATED).any())
    end = float(at_the_end(run, share))
    _, errors = run.metrics()[METRIC]
    start = first(run, share > SATURATED)
    since = f"over {SATURATED:.0%} from update {start:,.0f} on" if was else "never high"
    return Verdict(
        f"the share of saturated values of layer {SIGMOID_LAYERS} is {since}; "
        f"{leaving(run)} (under {FREE:.0%}), and has {end:.0%} over the last tenth of "
        "the training; the test error goes from "
        f"{errors[0]:.1%} to {errors[-1]:.1%}",
        end,
        f"under {FREE:.0%} at the end, so that most values have a slope again (5 % or "
        f"more of the steepest), after over {SATURATED:.0%}, when hardly any had",
        was and end < FREE,
        "The top layer is still saturated: the paper had to wait for about 100 epochs "
        "of 20,000 updates."
        if was
        else NOT_STUCK,
    )


@claim("Tanh layers saturate one after another, from the bottom.", "3.2, figure 3")
def tanh_saturates_in_turn(of: Reproduction) -> Verdict:
    begun = [begins(run) for run in of.runs(TANH)]
    reached = [int(np.isfinite(steps).sum()) for steps in begun]
    in_turn = [
        bool((np.diff(steps[:count]) > 0).all()) and 2 <= count == rise(steps)
        for steps, count in zip(begun, reached, strict=True)
    ]
    return Verdict(
        f"{BEGINNING:.0%} of the values are saturated from updates "
        + "; ".join(text(steps, ",.0f") for steps in begun)
        + f" on, from the first layer to the last, of each network (–: not yet): "
        f"one after another {count_text(in_turn)}",
        float(np.median(reached)),
        "in most networks at least two layers, each after the one below it; as large "
        "a share as lies beyond the paper's 98th percentile",
        most(in_turn),
        "Layers saturate in another order, or too few of them do: smaller networks "
        "that learn for less may not get as far as the paper's.",
    )


@claim("Softsign layers move together.", "3.3, figure 3")
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
        "half of the growth of each layer's 98th percentile is made within "
        f"{text(spread, '.0%')} of the training, of each network, with tanh within "
        f"{text(other, '.0%')}; layers, from the first to the last, at "
        + "; ".join(text(shares, ".0%") for shares in softsign)
        + f": together {count_text(together)}",
        float(np.median(spread)),
        f"in most networks within {bound:.0%}, the part of the training that each of "
        "so many layers has if they take turns, and closer than with tanh",
        most(together),
        "Some layers lag behind the others, or tanh's are as close together: see "
        "which in what was found.",
    )


@claim("Tanh ends with many activations at 0 and at ±1.", "3.3, figure 4")
def tanh_ends_at_zero_and_one(of: Reproduction) -> Verdict:
    found = [sizes(run, 0, 10) for run in of.runs(TANH)]
    modes = np.array([one[[0, -1]] / max(one.min(), EMPTY) for one in found])
    are_modes = np.array([one[0] > one[1] and one[-1] > one[-2] for one in found])
    lower = np.where(are_modes, modes.min(axis=1), 0.0)
    seen = lower >= 1.5
    return Verdict(
        "in the first layer, of each network, 0 is "
        f"{text(modes[:, 0])} times as dense as the least dense tenth of the range "
        f"to ±1, and ±1 {text(modes[:, 1])} times; both are modes {count_text(are_modes)}",
        float(np.median(lower)),
        "in most networks both denser than the tenth beside them, and at least 1.5 "
        "times as dense as the least dense one: a valley that no even or bell-shaped "
        "spread has, deeper than single bins scatter",
        most(seen),
        "The first layer has not reached ±1, or has left 0 altogether: both are "
        "reached only after long training.",
    )


@claim("Softsign ends in its knees, ±0.6 to ±0.8.", "3.3, figure 4")
def softsign_ends_in_its_knees(of: Reproduction) -> Verdict:
    runs, normalized = of.runs(SOFTSIGN), of.runs(SOFTSIGN_N)
    fifths = np.median([sizes(run, 0, 5) for run in runs], axis=0)
    ratios = of_each(runs, lambda run: knees(sizes(run, 0, 5)))
    others = of_each(normalized, lambda run: knees(sizes(run, 0, 5)))
    second = of_each(runs, lambda run: knees(sizes(run, 1, 5)))
    saturated = of_each(runs, lambda run: hidden(run, Statistic.SATURATED)[-1, 0])
    rates = [one[0].hyperparameters["learning_rate"] for one in (runs, normalized)]
    return Verdict(
        f"in fifths of the range from 0 to ±1, the first layer is {text(fifths)} times "
        "as dense as an even spread (medians of the networks); the fourth is the "
        f"densest {count_text(ratios > 1)}",
        float(np.median(ratios)),
        "more than 1 in most networks: ±0.6 to ±0.8 is denser than any other fifth of "
        "the range",
        most(ratios > 1),
        "With this learning rate, "
        f"{rates[0]:g}, the first layer is densest elsewhere, and "
        f"{np.median(saturated):.0%} of its values have less than 5 % of the steepest "
        "slope (beyond ±0.78). The knees are the densest fifth of the second layer "
        f"{count_text(second > 1)}, and of the first one with the normalized "
        f"initialization (learning rate {rates[1]:g}) {count_text(others > 1)}. So "
        "activations gather there, and how far a layer has gone depends on how fast "
        "it learned.",
    )


def begins(run: Run) -> Array:
    """When layers begin to saturate, `(layer,)`; infinite if they do not."""
    shares = hidden(run, Statistic.SATURATED)
    return np.array([first(run, one >= BEGINNING) for one in shares.T])


def rise(steps: Array) -> int:
    """How many of the first layers have begun to saturate without a gap."""
    return int(np.cumprod(np.isfinite(steps)).sum())


def farthest_apart(shares: Array) -> float:
    """Largest distance; infinite where one never comes."""
    return float(np.ptp(shares)) if np.isfinite(shares).all() else np.inf


def knees(fifths: Array) -> float:
    """How dense the fourth fifth is, relative to the densest of the others."""
    return float(fifths[3] / max(np.delete(fifths, 3).max(), EMPTY))
