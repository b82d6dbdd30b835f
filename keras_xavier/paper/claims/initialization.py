"""Claims of section 4: cost, activations and gradients at initialization."""

import numpy as np

from keras_xavier.paper.claims.claim import Verdict, claim
from keras_xavier.paper.claims.reading import (
    apart,
    at_first,
    of_each,
    per_layer,
    text,
)
from keras_xavier.paper.cost_surface import cost_surfaces
from keras_xavier.paper.reproduction import SHAPESET, Reproduction
from keras_xavier.paper.schemes import TANH, TANH_N, Scheme
from keras_xavier.runs import Run
from keras_xavier.statistics import Quantity

THEORY = 3**-0.5
"""Factor of the std from layer to layer with the standard initialization."""
JACOBIAN_EXAMPLES = 5
"""Examples whose Jacobians are averaged; their means hardly differ."""
SIGNALS = 10
"""Random target signals whose cost surfaces are compared."""
NEAR_THEORY = (
    "within 0.08 of the linear prediction, 1/√3 = 0.58: less than a fifth of the "
    "distance to 1 (level), to allow for the curvature of tanh and for random weights"
)
OFF_THEORY = (
    "The linear theory does not describe these networks: they may be too narrow, or "
    "the data may drive tanh out of its linear range."
)


@claim("The quadratic cost has more plateaus than the cross-entropy.", "4.1, figure 5")
def quadratic_cost_has_more_plateaus(of: Reproduction) -> Verdict:
    shares = np.array(
        [[one.plateau_share() for one in cost_surfaces(i)] for i in range(SIGNALS)]
    )
    cross_entropy, quadratic = shares.mean(axis=0)
    more = int(np.sum(shares[:, 1] > shares[:, 0]))
    return Verdict(
        f"true for {more} of {SIGNALS} random signals; {quadratic:.0%} of the area is "
        f"nearly level, against {cross_entropy:.0%}",
        more,
        "true for at least 9 of 10, which has a probability of 1% at random",
        more >= 9,
        "The plateaus of the two costs do not differ for these random signals.",
    )


@claim(
    "With the standard initialization, activations shrink from layer to layer.",
    "4.2.1, figure 6",
)
def activations_shrink_with_standard(of: Reproduction) -> Verdict:
    runs = of.runs(TANH)
    factors = of_each(runs, forward)
    factor = float(np.median(factors))
    return Verdict(
        f"a factor of {text(factors)} per layer (one number for each network); std of "
        "the layers of the first network: "
        f"{text(at_first(runs[0], Quantity.ACTIVATION))}",
        factor,
        f"{NEAR_THEORY} (equation 5)",
        abs(factor - THEORY) <= 0.08,
        OFF_THEORY,
    )


@claim(
    "With the standard initialization, back-propagated gradients shrink from layer to "
    "layer.",
    "4.2.1, figure 7",
)
def gradients_shrink_with_standard(of: Reproduction) -> Verdict:
    runs = of.runs(TANH)
    factors = of_each(runs, backward)
    factor = float(np.median(factors))
    std = at_first(runs[0], Quantity.PREACTIVATION_GRADIENT)[::-1]
    return Verdict(
        f"a factor of {text(factors)} per layer (one number for each network); std of "
        f"the first network, from the last layer to the first: {text(std)}",
        factor,
        f"{NEAR_THEORY} (equation 6)",
        abs(factor - THEORY) <= 0.08,
        OFF_THEORY,
    )


@claim(
    "With the normalized initialization, activations and gradients stay level.",
    "4.2.1, figures 6 and 7",
)
def normalized_stays_level(of: Reproduction) -> Verdict:
    runs = of.runs(TANH_N)
    factors = [of_each(runs, measure) for measure in (forward, backward)]
    bound = (1 - THEORY) / 2
    farthest = float(max(abs(np.median(one) - 1) for one in factors))
    return Verdict(
        f"the std changes by a factor of {text(factors[0])} per layer forward and "
        f"{text(factors[1])} backward (one number for each network)",
        farthest,
        f"within {bound:.2f} of 1: closer to level than to the {THEORY:.2f} of the "
        "standard initialization",
        farthest < bound,
        OFF_THEORY,
    )


@claim(
    "At initialization, weight gradients have the same size in all layers, with both "
    "initializations.",
    "4.2.1, figure 8",
)
def weight_gradients_are_level_at_first(of: Reproduction) -> Verdict:
    standard, normalized = (
        of_each(of.runs(scheme), lambda run: apart(run)[0]) for scheme in (TANH, TANH_N)
    )
    ratio = float(max(np.median(standard), np.median(normalized)))
    return Verdict(
        "ratio of the largest to the smallest std in layers 2 to 5: "
        f"{text(standard, '.2f')} with standard, {text(normalized, '.2f')} with "
        "normalized (one number for each network)",
        ratio,
        "at most 1.5: on a log scale, a quarter of the factor 3^(3/2) = 5.2 by which "
        "back-propagated gradients differ over these layers in theory",
        ratio <= 1.5,
        OFF_THEORY,
    )


@claim(
    "During training, the weight gradients of the layers diverge with the standard "
    "initialization, but not with the normalized initialization.",
    "4.2.1, figure 9",
)
def weight_gradients_diverge_with_standard(of: Reproduction) -> Verdict:
    standard, normalized = (
        of_each(of.runs(scheme), growth) for scheme in (TANH, TANH_N)
    )
    return Verdict(
        "the ratio of the largest to the smallest std in layers 2 to 5 grows by a "
        f"factor of {text(standard, '.1f')} with standard and "
        f"{text(normalized, '.1f')} with normalized (one number for each network; "
        "median over the tenth of the updates in which it is largest)",
        float(np.median(standard)),
        "at least 2 with standard and less than 2 with normalized (medians of the "
        "networks), and larger in every network with standard than in any with "
        "normalized, so that the seeds do not explain it",
        float(np.median(standard)) >= 2 > float(np.median(normalized))
        and float(standard.min()) > float(normalized.max()),
        "The layers stay together with both initializations, or diverge with both, or "
        "the seeds overlap: training may be too short, or the learning rate too large.",
    )


@claim(
    "The mean singular value of layer Jacobians is about 0.8 with the normalized "
    "initialization and 0.5 with the standard initialization.",
    "4.2.1",
)
def jacobian_singular_values(of: Reproduction) -> Verdict:
    standard, normalized = (
        np.array([mean_singular_value(of, one, i) for i in range(of.size.seeds)])
        for one in (TANH, TANH_N)
    )
    off = max(abs(np.median(normalized) - 0.8), abs(np.median(standard) - 0.5))
    return Verdict(
        f"{text(normalized)} with normalized, {text(standard)} with standard (one "
        "number for each network)",
        float(off),
        "both medians within 0.1 of the paper's numbers, a third of the difference "
        "between these",
        bool(off <= 0.1),
        OFF_THEORY,
    )


def forward(run: Run) -> float:
    """Returns the factor by which the std of activations changes per layer."""
    return per_layer(at_first(run, Quantity.ACTIVATION))


def backward(run: Run) -> float:
    """Returns the factor by which the std of the gradients ∂C/∂s changes per layer."""
    return per_layer(at_first(run, Quantity.PREACTIVATION_GRADIENT)[::-1])


def growth(run: Run) -> float:
    """Returns the factor by which the ratio of `apart` grows during training."""
    first, largest = apart(run)
    return largest / first


def mean_singular_value(of: Reproduction, scheme: Scheme, seed: int) -> float:
    """Returns the mean singular value of the initial Jacobians of hidden layers."""
    from keras_xavier.datasets import load
    from keras_xavier.experiments.training import build
    from keras_xavier.models import hidden_layers
    from keras_xavier.probing import layer_jacobian_singular_values

    dataset = load(SHAPESET)
    network = build(of.experiment(scheme, seed=seed), dataset)
    found = layer_jacobian_singular_values(
        network,
        dataset.test[0][:JACOBIAN_EXAMPLES],
        layers=[layer.name for layer in hidden_layers(network)],
    )
    return float(np.mean([one.values for one in found]))
