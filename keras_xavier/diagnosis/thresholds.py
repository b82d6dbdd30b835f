"""Thresholds above which a rule reports a finding, each with its reason."""

import math
from dataclasses import dataclass, fields

from keras_xavier.figure_spec.reference_values import REPORTED_UPDATES, USUAL_UPDATES


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of the rules of a diagnosis.

    All are ratios, shares or counts, and independent of the scale of the data, the loss
    and the network.

    Attributes:
        signal_ratio: float. Change of the std of activations from the first hidden
            layer to the last layers. With a factor of 100, the contribution of a layer
            is lost in the third digit of the others. Defaults to 100.
        gradient_ratio: float. Change of the norm of ∂C/∂s from the output to the first
            layers. With a factor of 100, plain gradient descent moves some layers in a
            hundred updates as far as others in one. Defaults to 100.
        error_ratio: float. Value of these ratios above which the finding is an error:
            the square of the defaults above, and near the resolution of sums in
            float32 (2^-24 is 6e-8; some thousand terms use up the rest). Defaults to
            10,000.
        initial_ratio: float. Predicted change of signal or gradient over the depth
            before training. 10, not 100, as predictions are free of noise: the five
            tanh layers of Glorot & Bengio (2010) with the standard initialization,
            which trained badly, have 1/16. Defaults to 10.
        saturated_share: float. Share of values in a layer with less than 5% of the
            steepest slope. Above one half, most of the layer passes no gradient.
            Defaults to 0.5.
        error_share: float. Share of saturated values above which the finding is an
            error; the saturated sigmoid layer in the paper has more than 0.9. Defaults
            to 0.9.
        near_zero: float. Mean below which a sigmoid layer is at 0. At 0.1 its slope is
            0.09, about a third of the steepest slope. Defaults to 0.1.
        stuck_spread: float. Std of a layer at 0, relative to its mean, below which it
            responds equally to all examples. In a sparse layer, such as a layer that
            has recovered, the std is at least as large as the mean. Defaults to 0.5.
        dead_share: float. Share of dead units. Learning rates that are a little too
            high can kill up to 40% of the units (Karpathy, notes to CS231n), and
            networks still train. Defaults to 0.5.
        dead_values: float. Share of dead units above which the finding is an error:
            one unit in twenty has to represent everything. Defaults to 0.95.
        min_examples: int. Examples, or positions, in the latest records from which a
            silent unit counts as dead: a unit that responds to 5% of the examples is
            silent for 60 of them with a probability of 5%. Defaults to 60.
        large_update: float. Update-to-weight ratio: a hundred times the rule of thumb,
            a thousandth. Defaults to 0.1.
        overwriting_update: float. Update-to-weight ratio above which a single update
            is an error, as it overwrites the weights. Defaults to 1.
        small_update: float. Update-to-weight ratio below which a layer keeps its
            initial weights: a hundredth of the rule of thumb. Defaults to 1e-5.
        small_movement: float. Largest possible change of the weights over all updates,
            relative to the weights, of a layer that has not moved. Prevents findings
            in long runs with small steps. Defaults to 0.01.
        first_updates: int. Number of initial updates whose size is ignored, because
            the first updates overwrite weights that are initialized to 0. Defaults to
            10.
        min_updates: int. Updates before a constant loss or constant weights are
            reported, to allow for warm-up. Defaults to 100.
        min_losses: int. Number of values of the loss required for a trend. Defaults
            to 4.
        loss_change: float. Fraction by which a loss has to fall to count as
            decreasing. Defaults to 0.01.
        consecutive_records: int. Consecutive records for which a condition has to
            hold, as one batch is noise. In the default schedule, three records are
            steps 0 to 2, or 300 updates. Defaults to 3.
        outside_share: float. Share of targets outside the range of the output above
            which they count as unreachable. Single outliers, and values that rounding
            moves over a bound, are below. Defaults to 0.01.
        unreachable_share: float. Share of targets outside the range of the output above
            which the finding is an error: most examples cannot be predicted. Defaults
            to 0.5.
        min_targets: int. Number of targets that must be equal to count as constant: a
            class with 1% of the examples is missing among 300 of them with a
            probability of 5%. Defaults to 300.
        clipped_share: float. Share of outputs without a gradient above which the loss
            clips them. The gradient of a softmax or sigmoid is not exactly 0 at the
            initial weights. Defaults to 0.05.
        solved_share: float. Mean squared error, relative to that of the best constant
            prediction, below which a network has learned its classes in spite of an
            unsuitable loss. Defaults to 0.5.
        large_input: float. Root mean square of the inputs above which they are not
            scaled. In recorded networks, inputs that were scaled have at most 10, and
            images of 0 to 255 more than 50. Defaults to 30.
        small_input: float. Root mean square of inputs below which they are not scaled.
            Initial biases grow to this size within some 20 updates of Adam. Defaults
            to 0.02.
        feature_ratio: float. Size of the largest feature relative to the median
            feature: a hundredth of the signal comes from each of the others. Defaults
            to 100.
        large_target: float. Root mean square of regression targets above which they
            are not scaled, if the initial outputs are smaller by the same factor: Adam
            needs 100,000 updates of its default size 0.001 to move a bias there.
            Defaults to 100.
        small_target: float. Std of regression targets below which they are not scaled:
            the default size of the updates of Adam, which move the outputs by more
            than the targets differ. Defaults to 0.001.
        early_updates: int. Updates in which a learning rate that is too high shows:
            later, the loss may rise for other reasons. Defaults to 100.
        usual_update: float. Largest usual update-to-weight ratio: ten times the rule of
            thumb. Defaults to 0.01.
        slow_update: float. Update-to-weight ratio of a learning rate that may be too
            low: a tenth of the rule of thumb. Defaults to 0.0001.
        small_weight: float. Root mean square of initial weights, times the square root
            of the fan-in, below which the ratio is relative to this size: usual
            initializers have 1 or more. Defaults to 0.1.
        raising_share: float. Share of the first updates that raise the loss of the
            same batch. In healthy training, some updates do. Defaults to a third.
        dying_share: float. Share of the units of a layer that die within the first
            updates; up to 40% die at rates that are a little too high. Defaults to
            0.4.
        loss_jump: float. Relative rise of the loss from one epoch to the next that is
            more than noise of batches. Defaults to 0.1.
        jumping_share: float. Share of epochs with such a rise in an oscillating loss;
            recorded networks that learn have fewer. Defaults to 0.2.
        many_updates: int. Updates after which a loss that began near that of guessing
            and is no better is reported, even if it falls. Defaults to 250.
        near_guessing: float. Ratio to the loss of guessing of a loss that begins near
            it: the outputs of usual initial weights add up to a quarter. Defaults to
            1.25.
        loss_rise: float. Relative rise above the lowest loss; smaller rises are noise.
            Defaults to 0.05.
        unsteady_rise: float. Relative rise above the first loss of a loss that does not
            rise steadily. Defaults to 0.2.
        high_dropout: float. Largest usual rate of dropout (Srivastava et al. 2014).
            Defaults to 0.5.
        dropout_noise: float. Sum of p / (1 - p) over all dropout of rate p, the
            variance that it adds to a value relative to its square. Two layers of rate
            0.5, as in common networks, add 2. Defaults to 2.
        unlearned_share: float. Loss relative to the loss of guessing above which a
            network with dropout or penalties has hardly learned. Wide networks with
            dropout of 0.9 are below. Defaults to 0.8.
        hardly_fallen: float. Loss relative to the first loss of a network with dropout
            that has hardly learned, if the loss of guessing is unknown. Noise of
            batches is a few percent. Defaults to 0.9.
        collapse: float. Ratio of the initial size of weights or activations to their
            last. L2 penalties that help divide it by less than 5. Defaults to 10.
        penalty_share: float. Share of penalties in the loss above which they matter
            more than the data. Defaults to 0.5.
        shrinking: float. Ratio of the initial to the last size of weights or
            activations above which half of `penalty_share` is enough. Initial weights
            of healthy networks keep their size within this factor. Defaults to 2.
        certain_activity: float. Part of a penalty on activations that is certain: they
            are measured on one batch, and differ from batch to batch. Defaults to 0.8.
        validation_rise: float. Ratio of the last to the lowest validation loss; of 130
            recorded networks, those that did not overfit had less. Defaults to 1.1.
        lost_share: float. Rise of the validation loss, relative to its fall from the
            level of guessing, below which a network keeps what it has learned: set
            after a false alarm in a healthy network. Defaults to 0.02.
        large_rise: float. Ratio of the last to the lowest validation loss above which a
            network overfits even so. Defaults to 2.
        steady_rise: float. This ratio for a rise without fluctuations, of a network
            that memorizes. Defaults to 1.05.
        fluctuation: float. Sum of all falls, relative to the rise, in a rise without
            fluctuations. Defaults to 0.2.
        late_share: float. Share of the epochs before the lowest validation loss above
            which too few follow for a trend. Defaults to 0.8.
        memorized_share: float. Training loss relative to the validation loss of a
            network that memorizes its examples. Defaults to 0.5.
        chance_share: float. Lowest validation loss relative to the loss of guessing
            above which nothing generalizes: if classes are a little more frequent among
            the validation examples, their loss of guessing is some percent lower.
            Defaults to 0.92.
        initial_statistics: float. Share of the initial values in the moving statistics
            of batch normalization above which the validation loss is that of another
            network: with the default momentum of 0.99, in the first 160 updates.
            Defaults to 0.2.
        large_weight: float. Root mean square of initial weights, times the square root
            of the fan-in, above which they saturate units. Usual initializers have at
            most 1.4 (He). Also the size of initial biases that saturate units. Defaults
            to 3.
        clipping: float. Size of the gradient, relative to the limit of clipping, above
            which clipping, meant for exceptions, determines all updates. Defaults to
            10.
        rate_decay: float. Ratio of the largest to later updates above which the
            learning rate has fallen to nothing: the later updates together change less
            than a few of the first. Defaults to 100.
        warm_up_share: float. Share of its target that a warm-up should have reached at
            the end of training. Defaults to 0.1.
        growth: float. Growth of activations, gradients, weights or the loss since the
            first record, above which NaN is ascribed to growth. In healthy training,
            weights grow by less than this. Defaults to 10.

    Raises:
        ValueError: If a threshold is not a positive number.

    Example:

    >>> Thresholds(dead_share=0.2).dead_share
    0.2
    """

    signal_ratio: float = 100.0
    gradient_ratio: float = 100.0
    error_ratio: float = 10_000.0
    initial_ratio: float = 10.0
    saturated_share: float = 0.5
    error_share: float = 0.9
    near_zero: float = 0.1
    stuck_spread: float = 0.5
    dead_share: float = 0.5
    dead_values: float = 0.95
    min_examples: int = 60
    large_update: float = REPORTED_UPDATES[1]
    overwriting_update: float = 1.0
    small_update: float = REPORTED_UPDATES[0]
    small_movement: float = 0.01
    first_updates: int = 10
    min_updates: int = 100
    min_losses: int = 4
    loss_change: float = 0.01
    consecutive_records: int = 3
    outside_share: float = 0.01
    unreachable_share: float = 0.5
    min_targets: int = 300
    clipped_share: float = 0.05
    solved_share: float = 0.5
    large_input: float = 30.0
    small_input: float = 0.02
    feature_ratio: float = 100.0
    large_target: float = 100.0
    small_target: float = 0.001
    early_updates: int = 100
    usual_update: float = USUAL_UPDATES[1]
    slow_update: float = USUAL_UPDATES[0]
    small_weight: float = 0.1
    raising_share: float = 1 / 3
    dying_share: float = 0.4
    loss_jump: float = 0.1
    jumping_share: float = 0.2
    many_updates: int = 250
    near_guessing: float = 1.25
    loss_rise: float = 0.05
    unsteady_rise: float = 0.2
    high_dropout: float = 0.5
    dropout_noise: float = 2.0
    unlearned_share: float = 0.8
    hardly_fallen: float = 0.9
    collapse: float = 10.0
    penalty_share: float = 0.5
    shrinking: float = 2.0
    certain_activity: float = 0.8
    validation_rise: float = 1.1
    lost_share: float = 0.02
    large_rise: float = 2.0
    steady_rise: float = 1.05
    fluctuation: float = 0.2
    late_share: float = 0.8
    memorized_share: float = 0.5
    chance_share: float = 0.92
    initial_statistics: float = 0.2
    large_weight: float = 3.0
    clipping: float = 10.0
    rate_decay: float = 100.0
    warm_up_share: float = 0.1
    growth: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 < value < math.inf:
                raise ValueError(
                    f"`{field.name}` must be a positive number. "
                    f"Received: {field.name}={value!r}"
                )
