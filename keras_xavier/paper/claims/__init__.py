"""The claims of Glorot & Bengio (2010), checked on runs.

The check of a claim is a function from a reproduction to a verdict: the measured
number, the expected range with its reason, and whether the claim was reproduced. With
several seeds, the median or the majority of the networks decides.
"""

from keras_xavier.paper.claims import initialization, learning, saturation
from keras_xavier.paper.claims.claim import Claim, Verdict
from keras_xavier.paper.reproduction import Reproduction

__all__ = ["CLAIMS", "Claim", "Verdict", "claims_of"]

CLAIMS = (
    saturation.sigmoid_top_layer_goes_to_zero,
    saturation.lower_sigmoid_layers_stay,
    saturation.error_stays_at_chance,
    saturation.sigmoid_leaves_saturation,
    saturation.tanh_saturates_in_turn,
    saturation.softsign_layers_move_together,
    saturation.tanh_ends_at_zero_and_one,
    saturation.softsign_ends_in_its_knees,
    initialization.quadratic_cost_has_more_plateaus,
    initialization.activations_shrink_with_standard,
    initialization.gradients_shrink_with_standard,
    initialization.normalized_stays_level,
    initialization.weight_gradients_are_level_at_first,
    initialization.weight_gradients_diverge_with_standard,
    initialization.jacobian_singular_values,
    learning.normalized_tanh_beats_tanh,
    learning.softsign_is_robust,
    learning.sigmoid_is_worst,
    *learning.claims_on("mnist"),
    *learning.claims_on("cifar10"),
)
"""In the order of the paper."""


def claims_of(reproduction: Reproduction) -> list[Claim]:
    """Returns the claims on the data sets of a reproduction."""
    return [one for one in CLAIMS if one.dataset in reproduction.datasets]
