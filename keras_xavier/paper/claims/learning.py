"""Claims of section 5: which schemes learn better."""

from keras_xavier.paper.claims.claim import Verdict, claim
from keras_xavier.paper.claims.reading import CHANCE, UNDER_CHANCE, Array
from keras_xavier.paper.reproduction import Reproduction
from keras_xavier.paper.results import (
    SIGNIFICANCE,
    TEST_EXAMPLES,
    chance_of,
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


@claim("Normalized tanh learns better than tanh.", "5, table 1")
def normalized_tanh_beats_tanh(of: Reproduction) -> Verdict:
    standard, normalized = errors(of, TANH), errors(of, TANH_N)
    gap = float(standard.mean() - normalized.mean())
    p = p_value(standard, normalized)
    return Verdict(
        f"Shapeset-3×2, test error {normalized.mean():.1%} against "
        f"{standard.mean():.1%} ({p_text(p)}, {noise(of)})",
        gap,
        f"lower, at p < {SIGNIFICANCE}, the paper's level",
        gap > 0 and p < SIGNIFICANCE,
        "Shorter training, or learning rates chosen apart, can make up for the "
        "initialization; or there are too few seeds to tell.",
    )


@claim("Softsign hardly depends on the initialization.", "5, table 1")
def softsign_is_robust(of: Reproduction) -> Verdict:
    pairs = [
        (errors(of, one), errors(of, other))
        for one, other in ((SOFTSIGN, SOFTSIGN_N), (TANH, TANH_N))
    ]
    softsign, tanh = (abs(float(one.mean() - other.mean())) for one, other in pairs)
    spread = sum(variance(one) + variance(other) for one, other in pairs)
    p = chance_of(tanh - softsign, spread)
    learned = all(one.mean() < CHANCE - UNDER_CHANCE for one in pairs[0])
    return Verdict(
        f"Shapeset-3×2, test errors of the initializations differ by "
        f"{100 * softsign:.1f} points ({p_text(p_value(*pairs[0]))}), with tanh by "
        f"{100 * tanh:.1f}; {p_text(p)} that these are the same, {noise(of)}"
        + ("" if learned else "; softsign has not left chance"),
        softsign,
        "at most half of the difference that tanh makes, and less than that at p < "
        f"{SIGNIFICANCE}, so that it is not noise, of networks that have left chance",
        learned and softsign <= tanh / 2 and p < SIGNIFICANCE,
        "Tanh depends as little on it in so short a training, or there are too few "
        "seeds to tell the two differences apart.",
    )


@claim("Sigmoid is the worst in deep networks.", "5, table 1")
def sigmoid_is_worst(of: Reproduction) -> Verdict:
    found = {one.name: errors(of, one) for one in SCHEMES}
    sigmoid = found.pop(SIGMOID.name)
    name = max(found, key=lambda name: float(found[name].mean()))
    gap = float(sigmoid.mean() - found[name].mean())
    p = p_value(sigmoid, found[name])
    return Verdict(
        f"Shapeset-3×2, five layers, test error {sigmoid.mean():.1%}; the worst "
        f"of the others is {name}, {found[name].mean():.1%} ({p_text(p)}, {noise(of)})",
        gap,
        f"higher than that of every other scheme, at p < {SIGNIFICANCE}",
        gap > 0 and p < SIGNIFICANCE,
        f"{name} has not learned more than sigmoid: the training may be too short.",
    )


def errors(of: Reproduction, scheme: Scheme) -> Array:
    return last_errors(of.runs(scheme))


def noise(of: Reproduction) -> str:
    """What the spread is of, against which differences are held."""
    examples = f"{TEST_EXAMPLES:,} test examples"
    if of.size.seeds == 1:
        return f"by the spread of {examples}; of one seed, that of seeds is not known"
    return f"by the spread of {of.size.seeds} seeds and {examples}"


def p_text(p: float) -> str:
    """A probability as far as a few seeds can tell it.

    Example:

    >>> p_text(0.02), p_text(1e-9)
    ('p = 0.02', 'p < 0.001')
    """
    return f"p = {p:.1g}" if p >= 0.001 else "p < 0.001"
