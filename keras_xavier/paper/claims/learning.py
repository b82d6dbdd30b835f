"""Claims of section 5: test errors of the schemes."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np

from keras_xavier.experiments.experiment import DATASET_TITLES
from keras_xavier.paper.claims.claim import Claim, Verdict, claim
from keras_xavier.paper.claims.reading import CHANCE, Array, under_chance
from keras_xavier.paper.reproduction import SHAPESET, Reproduction
from keras_xavier.paper.results import (
    SIGNIFICANCE,
    TEST_EXAMPLES,
    normal_p_value,
    p_value,
    variance,
)
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SOFTSIGN_N,
    TANH,
    TANH_N,
    Scheme,
)
from keras_xavier.paper.test_error_curves import last_errors

CHANCES = {SHAPESET: CHANCE, "mnist": 1 - 0.1135, "cifar10": 0.9}
"""Errors at chance: one minus the share of the most frequent class in the test set."""


@claim("Normalized tanh has a lower error than tanh.", "5, table 1")
def normalized_tanh_beats_tanh(of: Reproduction) -> Verdict:
    standard, normalized = errors(of, TANH), errors(of, TANH_N)
    gap = float(standard.mean() - normalized.mean())
    p = p_value(standard, normalized)
    return Verdict(
        f"Shapeset-3×2: test error {normalized.mean():.1%} against "
        f"{standard.mean():.1%} ({p_text(p)}, {noise(of)})",
        gap,
        f"lower at p < {SIGNIFICANCE}, the significance level of the paper",
        gap > 0 and p < SIGNIFICANCE,
        "Shorter training, or learning rates chosen for each scheme, can compensate "
        "for the initialization; or there are too few seeds.",
    )


@claim("Softsign hardly depends on the initialization.", "5, table 1")
def softsign_is_robust(of: Reproduction) -> Verdict:
    effects = Effects.read(of, SHAPESET)
    return Verdict(
        effects.found,
        effects.softsign,
        "at most half of the difference with tanh, and smaller than it at p < "
        f"{SIGNIFICANCE}, in networks with an error below chance",
        effects.has_learned
        and effects.softsign <= effects.tanh / 2
        and effects.p < SIGNIFICANCE,
        "In such short training, tanh depends on the initialization as little, or "
        "there are too few seeds to distinguish the two differences.",
    )


@claim("Sigmoid has the highest error in deep networks.", "5, table 1")
def sigmoid_is_worst(of: Reproduction) -> Verdict:
    return highest_sigmoid(of, SHAPESET)


def claims_on(dataset: str) -> tuple[Claim, ...]:
    """Returns the claims of section 5 and table 1 on another data set.

    The three claims on Shapeset-3×2 are stricter, as differences are larger there.

    Args:
        dataset: str. `"mnist"` or `"cifar10"`.
    """
    title, place = DATASET_TITLES[dataset], "5, table 1, figure 12"
    statements = {
        "sigmoid-is-worst": (
            f"On {title}, sigmoid has the highest error.",
            highest_sigmoid,
        ),
        "normalized-is-as-good": (
            f"On {title}, the normalized initialization is at least as good as the "
            "standard initialization.",
            normalized_is_as_good,
        ),
        "softsign-is-robust": (
            f"On {title}, the initialization affects softsign less than tanh.",
            softsign_is_affected_less,
        ),
    }
    return tuple(
        Claim(
            f"{name}-on-{dataset}",
            statement,
            place,
            partial(check, dataset=dataset),
            dataset,
        )
        for name, (statement, check) in statements.items()
    )


def highest_sigmoid(of: Reproduction, dataset: str) -> Verdict:
    found = {one.name: errors(of, one, dataset) for one in SCHEMES}
    sigmoid = found.pop(SIGMOID.name)
    name = max(found, key=lambda name: float(found[name].mean()))
    gap = float(sigmoid.mean() - found[name].mean())
    p = p_value(sigmoid, found[name])
    return Verdict(
        f"{DATASET_TITLES[dataset]}, five layers: test error {sigmoid.mean():.1%}; the "
        f"next highest is {name}, {found[name].mean():.1%} ({p_text(p)}, {noise(of)})",
        gap,
        f"higher than every other scheme at p < {SIGNIFICANCE}",
        gap > 0 and p < SIGNIFICANCE,
        f"{name} has not learned more than sigmoid: training may be too short.",
    )


def normalized_is_as_good(of: Reproduction, dataset: str) -> Verdict:
    rows, lowest, reproduced = [], np.inf, True
    for standard, normalized in ((TANH, TANH_N), (SOFTSIGN, SOFTSIGN_N)):
        before, after = errors(of, standard, dataset), errors(of, normalized, dataset)
        gap, p = float(before.mean() - after.mean()), p_value(before, after)
        reproduced &= gap >= 0 or p >= SIGNIFICANCE
        lowest = min(lowest, gap)
        rows.append(
            f"{normalized.name} {after.mean():.2%} against {before.mean():.2%} "
            f"({p_text(p)})"
        )
    return Verdict(
        f"{DATASET_TITLES[dataset]}: test errors of {', '.join(rows)}; {noise(of)}",
        float(lowest),
        f"neither tanh N nor softsign N has a higher error at p < {SIGNIFICANCE}; the "
        "paper's errors are "
        + ", ".join(
            f"{normalized.errors[dataset]:g} against {standard.errors[dataset]:g}"
            for standard, normalized in ((TANH, TANH_N), (SOFTSIGN, SOFTSIGN_N))
        ),
        reproduced,
        "The learning rates were chosen for each scheme on one seed, and training is "
        "shorter than in the paper.",
    )


def softsign_is_affected_less(of: Reproduction, dataset: str) -> Verdict:
    effects = Effects.read(of, dataset)
    in_paper = [
        abs(one.errors[dataset] - other.errors[dataset])
        for one, other in ((SOFTSIGN, SOFTSIGN_N), (TANH, TANH_N))
    ]
    return Verdict(
        effects.found,
        effects.softsign,
        "at most the difference with tanh, in networks with an error below chance; in "
        f"the paper, {in_paper[0]:.2f} and {in_paper[1]:.2f} points",
        effects.has_learned and effects.softsign <= effects.tanh,
        "On this data set both differences are small: with more seeds, or longer "
        "training, their order may change.",
    )


@dataclass(frozen=True)
class Effects:
    """Effects of the initialization on the test errors of softsign and tanh.

    Attributes:
        softsign: float. Absolute difference of the mean errors of softsign networks.
        tanh: float. Absolute difference of the mean errors of tanh networks.
        p: float. p-value of the difference between the two differences.
        has_learned: bool. Whether both softsign schemes have errors below chance.
        found: str. The differences, in percentage points, and their significance.
    """

    softsign: float
    tanh: float
    p: float
    has_learned: bool
    found: str

    @classmethod
    def read(cls, of: Reproduction, dataset: str) -> Self:
        """Reads the errors of the four schemes on a data set."""
        pairs = [
            (errors(of, one, dataset), errors(of, other, dataset))
            for one, other in ((SOFTSIGN, SOFTSIGN_N), (TANH, TANH_N))
        ]
        softsign, tanh = (abs(float(one.mean() - other.mean())) for one, other in pairs)
        spread = sum(variance(one) + variance(other) for one, other in pairs)
        chance = CHANCES[dataset]
        below = chance - under_chance(chance)
        p = normal_p_value(tanh - softsign, spread)
        has_learned = all(float(one.mean()) < below for one in pairs[0])
        return cls(
            softsign,
            tanh,
            p,
            has_learned,
            f"{DATASET_TITLES[dataset]}: the test errors of the two initializations "
            f"differ by {points(softsign)} points ({p_text(p_value(*pairs[0]))}), with "
            f"tanh by {points(tanh)} points; {p_text(p)} for equal differences, "
            + noise(of)
            + ("" if has_learned else "; softsign is at chance"),
        )


def errors(of: Reproduction, scheme: Scheme, dataset: str = SHAPESET) -> Array:
    return last_errors(of.runs(scheme, dataset))


def points(difference: float) -> str:
    """Formats a difference in percentage points, with two digits if it is small.

    Example:

    >>> points(0.034), points(0.0008)
    ('3.4', '0.08')
    """
    return f"{100 * difference:.{1 if difference >= 0.01 else 2}f}"


def noise(of: Reproduction) -> str:
    """Names the sources of the variance that a test of significance includes."""
    examples = f"{TEST_EXAMPLES:,} test examples"
    if of.size.seeds == 1:
        return f"variance of {examples} only, as there is one seed"
    return f"variance of {of.size.seeds} seeds and {examples}"


def p_text(p: float) -> str:
    """Formats a p-value with one digit.

    Example:

    >>> p_text(0.02), p_text(1e-9)
    ('p = 0.02', 'p < 0.001')
    """
    return f"p = {p:.1g}" if p >= 0.001 else "p < 0.001"
