"""From where on something counts as wrong, and why from there."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Thresholds:
    """What the rules hold a run against.

    All are ratios, shares or counts, so none depends on the scale of the data, of the
    loss or of the network.

    Attributes:
        signal_ratio: How many times the spread of activations may change from the
            first hidden layer to the last ones. With 100, what a layer adds is lost in
            the third digit of what the others carry.
        gradient_ratio: How many times the norm of ∂C/∂s may change from the output to
            the first layers. With 100, plain gradient descent moves the ones in a
            hundred updates as far as the others in one.
        grave_ratio: From which of such ratios on it is an error: 10,000 is the square
            of the former, and near what float32 tells apart in a sum (2^-24 is 6e-8,
            some thousand terms take the rest).
        initial_ratio: How many times theory may have signal or gradient change over
            the depth before training. 10, not 100, as theory has no noise; the five
            tanh layers of Glorot & Bengio with the standard initialization, which
            trained badly, come to 1/16.
        saturated_share: Share of values in a layer with less than 5 % of the steepest
            slope. From a half on, most of the layer lets no gradient through.
        grave_share: Share from which a layer is lost; the paper's saturated sigmoid
            layer has more than 0.9.
        near_zero: Mean of a sigmoid layer under which it is at 0. At 0.1 its slope is
            0.09, about a third of the steepest.
        stuck_spread: Spread of such a layer, relative to its mean, under which it says
            the same of all examples. A layer that is sparse, as one is that has come
            free, spreads as far as its mean or farther.
        dead_share: Share of units that never answer. Up to 40 % are known from rates
            that are a little too high (Karpathy's notes to CS231n), and trainings
            live with these; a half is more.
        dead_values: Share of zeros of a whole layer, where units cannot be told apart.
            Sparse layers of healthy networks have up to 0.9 (Glorot, Bordes & Bengio
            2011, 50 to 85 %).
        least_examples: Examples in a record from which a unit that is silent in it
            counts as dead: one that answers to a tenth of them is silent in 30 by
            chance in 4 % of cases.
        large_update: Size of an update relative to the weights; a thousandth is the
            rule of thumb, and this is a hundred times as much.
        overwriting_update: Size from which a single update is enough to speak: it is
            larger than all that the weights were.
        small_update: Size of an update relative to the weights under which, if it was
            never more, a layer stays as it was drawn; a hundredth of the rule of thumb.
        small_movement: How far a layer can have come at most in all updates, relative
            to its weights, to be called still. It keeps long trainings with small steps
            from being blamed.
        first_updates: Updates after which sizes of updates are judged. Weights that
            begin at 0, which is often meant, are overwritten by the first ones.
        least_updates: Updates after which a loss, or weights, that did not move are
            worth a word. Warm-up and a run that has just begun are left alone.
        least_losses: Values of the loss from which a trend can be told.
        loss_change: Fraction by which a loss has to fall to have moved at all.
        lasting_records: Records in a row for which something has to hold. One batch is
            noise; with the default schedule three are steps 0 to 2, or 300 updates.

    Raises:
        ValueError: If one is no positive number.

    Example:

    >>> Thresholds(dead_share=0.2).dead_share
    0.2
    """

    signal_ratio: float = 100.0
    gradient_ratio: float = 100.0
    grave_ratio: float = 10_000.0
    initial_ratio: float = 10.0
    saturated_share: float = 0.5
    grave_share: float = 0.9
    near_zero: float = 0.1
    stuck_spread: float = 0.5
    dead_share: float = 0.5
    dead_values: float = 0.95
    least_examples: int = 30
    large_update: float = 0.1
    overwriting_update: float = 1.0
    small_update: float = 1e-5
    small_movement: float = 0.01
    first_updates: int = 10
    least_updates: int = 100
    least_losses: int = 4
    loss_change: float = 0.01
    lasting_records: int = 3

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < math.inf:
                raise ValueError(
                    f"`{field.name}` must be a positive number. "
                    f"Received: {field.name}={value!r}"
                )
