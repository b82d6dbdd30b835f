"""Claims of section 5: test errors of the schemes."""

from keras_xavier.paper.claims.claim import Verdict, claim
from keras_xavier.paper.claims.reading import CHANCE, UNDER_CHANCE, Array
from keras_xavier.paper.reproduction import Reproduction
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
    pairs = [
        (errors(of, one), errors(of, other))
        for one, other in ((SOFTSIGN, SOFTSIGN_N), (TANH, TANH_N))
    ]
    softsign, tanh = (abs(float(one.mean() - other.mean())) for one, other in pairs)
    spread = sum(variance(one) + variance(other) for one, other in pairs)
    p = normal_p_value(tanh - softsign, spread)
    learned = all(one.mean() < CHANCE - UNDER_CHANCE for one in pairs[0])
    return Verdict(
        "Shapeset-3×2: the test errors of the two initializations differ by "
        f"{100 * softsign:.1f} points ({p_text(p_value(*pairs[0]))}), with tanh by "
        f"{100 * tanh:.1f} points; {p_text(p)} for equal differences, {noise(of)}"
        + ("" if learned else "; softsign is at chance"),
        softsign,
        "at most half of the difference with tanh, and smaller than it at p < "
        f"{SIGNIFICANCE}, in networks with an error below chance",
        learned and softsign <= tanh / 2 and p < SIGNIFICANCE,
        "In such short training, tanh depends on the initialization as little, or "
        "there are too few seeds to distinguish the two differences.",
    )


@claim("Sigmoid has the highest error in deep networks.", "5, table 1")
def sigmoid_is_worst(of: Reproduction) -> Verdict:
    found = {one.name: errors(of, one) for one in SCHEMES}
    sigmoid = found.pop(SIGMOID.name)
    name = max(found, key=lambda name: float(found[name].mean()))
    gap = float(sigmoid.mean() - found[name].mean())
    p = p_value(sigmoid, found[name])
    return Verdict(
        f"Shapeset-3×2, five layers: test error {sigmoid.mean():.1%}; the next highest "
        f"is {name}, {found[name].mean():.1%} ({p_text(p)}, {noise(of)})",
        gap,
        f"higher than every other scheme at p < {SIGNIFICANCE}",
        gap > 0 and p < SIGNIFICANCE,
        f"{name} has not learned more than sigmoid: training may be too short.",
    )


def errors(of: Reproduction, scheme: Scheme) -> Array:
    return last_errors(of.runs(scheme))


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
