"""Claims of section 4: cost, signals and gradients at initialization."""

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
"""Factor of the standard deviation from layer to layer, standard initialization."""
JACOBIAN_EXAMPLES = 5
"""Each has Jacobians of its own; they hardly differ in the mean."""
SIGNALS = 10
"""Random teachers whose cost surfaces are compared."""
NEAR_THEORY = (
    "within 0.08 of 1/√3 = 0.58, what linear theory gives: under a fifth of the way "
    "from there to 1, level, for the bend of tanh and the random weights"
)
OFF_THEORY = (
    "Linear theory does not describe these networks: they may be narrow, or the data "
    "may drive tanh out of its linear part."
)


@claim("The quadratic cost has more plateaus than the cross-entropy.", "4.1, figure 5")
def quadratic_cost_has_more_plateaus(of: Reproduction) -> Verdict:
    shares = np.array(
        [[one.plateau_share() for one in cost_surfaces(i)] for i in range(SIGNALS)]
    )
    cross_entropy, quadratic = shares.mean(axis=0)
    more = int(np.sum(shares[:, 1] > shares[:, 0]))
    return Verdict(
        f"with {more} of {SIGNALS} random signals; {quadratic:.0%} of the area is "
        f"nearly level, against {cross_entropy:.0%}",
        more,
        "with at least 9 of 10: by chance that happens once in a hundred times",
        more >= 9,
        "The two costs do not differ in this on these random signals.",
    )


@claim(
    "At standard initialization, activations shrink from layer to layer.",
    "4.2.1, figure 6",
)
def activations_shrink_with_standard(of: Reproduction) -> Verdict:
    runs = of.runs(TANH)
    factors = of_each(runs, forward)
    factor = float(np.median(factors))
    return Verdict(
        f"by {text(factors)} for each layer, of each network; the std of the first one "
        f"is {text(at_first(runs[0], Quantity.ACTIVATION))}",
        factor,
        f"{NEAR_THEORY} (equation 5)",
        abs(factor - THEORY) <= 0.08,
        OFF_THEORY,
    )


@claim(
    "At standard initialization, gradients shrink from layer to layer on their way "
    "back.",
    "4.2.1, figure 7",
)
def gradients_shrink_with_standard(of: Reproduction) -> Verdict:
    runs = of.runs(TANH)
    factors = of_each(runs, backward)
    factor = float(np.median(factors))
    std = at_first(runs[0], Quantity.PREACTIVATION_GRADIENT)[::-1]
    return Verdict(
        f"by {text(factors)} for each layer, of each network; the std of the first "
        f"one, from the last layer to the first, is {text(std)}",
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
        f"the std changes by {text(factors[0])} for each layer forward, of each "
        f"network, and by {text(factors[1])} back",
        farthest,
        f"less than {bound:.2f} from 1, to either side: nearer to level than to the "
        f"{THEORY:.2f} of the standard initialization",
        farthest < bound,
        OFF_THEORY,
    )


@claim(
    "At initialization, weight gradients are level over layers, in both.",
    "4.2.1, figure 8",
)
def weight_gradients_are_level_at_first(of: Reproduction) -> Verdict:
    standard, normalized = (
        of_each(of.runs(scheme), lambda run: apart(run)[0]) for scheme in (TANH, TANH_N)
    )
    ratio = float(max(np.median(standard), np.median(normalized)))
    return Verdict(
        "largest over smallest std, layers 2 to 5, of each network: "
        f"{text(standard, '.2f')} with standard, {text(normalized, '.2f')} with "
        "normalized",
        ratio,
        "at most 1.5: a quarter, in logarithms, of the factor 3^(3/2) = 5.2 by which "
        "theory has back-propagated gradients differ over these layers",
        ratio <= 1.5,
        OFF_THEORY,
    )


@claim(
    "In training, weight gradients of the layers diverge with the standard "
    "initialization, and not with the normalized one.",
    "4.2.1, figure 9",
)
def weight_gradients_diverge_with_standard(of: Reproduction) -> Verdict:
    standard, normalized = (
        of_each(of.runs(scheme), growth) for scheme in (TANH, TANH_N)
    )
    return Verdict(
        "largest over smallest std, layers 2 to 5, grows over the training to "
        f"{text(standard, '.1f')} times what it is at first with standard, of each "
        f"network, and {text(normalized, '.1f')} times with normalized (medians of "
        "that tenth of the training where it is largest)",
        float(np.median(standard)),
        "at least twice what it is at first with standard, less than that with "
        "normalized (medians of the networks), and more in each network with standard "
        "than in any with normalized, so that it is not the seeds",
        float(np.median(standard)) >= 2 > float(np.median(normalized))
        and float(standard.min()) > float(normalized.max()),
        "The layers stay together with both, or diverge with both, or seeds overlap: "
        "the training may be too short, or its learning rate too large.",
    )


@claim(
    "The mean singular value of layer Jacobians is about 0.8 with the normalized "
    "initialization, 0.5 with the standard one.",
    "4.2.1",
)
def jacobian_singular_values(of: Reproduction) -> Verdict:
    standard, normalized = (
        np.array([mean_singular_value(of, one, i) for i in range(of.size.seeds)])
        for one in (TANH, TANH_N)
    )
    off = max(abs(np.median(normalized) - 0.8), abs(np.median(standard) - 0.5))
    return Verdict(
        f"{text(normalized)} with normalized, {text(standard)} with standard, of each "
        "network",
        float(off),
        "both within 0.1 of the paper's numbers (medians): a third of what these "
        "differ by",
        bool(off <= 0.1),
        OFF_THEORY,
    )


def forward(run: Run) -> float:
    """Factor of the activations from layer to layer."""
    return per_layer(at_first(run, Quantity.ACTIVATION))


def backward(run: Run) -> float:
    """Factor of the back-propagated gradients from layer to layer."""
    return per_layer(at_first(run, Quantity.PREACTIVATION_GRADIENT)[::-1])


def growth(run: Run) -> float:
    """How much farther weight gradients get apart than they are at first."""
    first, largest = apart(run)
    return largest / first


def mean_singular_value(of: Reproduction, scheme: Scheme, seed: int) -> float:
    """Of all Jacobians between hidden layers, before training."""
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
