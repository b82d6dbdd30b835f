"""A loss that is summed over the batch, with updates that are too large for it."""

from collections.abc import Iterable

from keras_xavier.diagnosis.finding import Finding, FindingName, Number, Severity
from keras_xavier.diagnosis.heads import CURVES, loss_change, with_losses
from keras_xavier.diagnosis.learning_rate import learning_rate_too_high
from keras_xavier.diagnosis.program import CLIPPING, optimizer
from keras_xavier.diagnosis.reading import whole
from keras_xavier.diagnosis.remedies import learning_rate
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.diagnosis.updates import updates_too_large
from keras_xavier.runs import Run

MEAN = "sum_over_batch_size"


def loss_summed(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds a loss with reduction="sum" whose updates are too large.

    The size of the updates of Adam and similar optimizers, and of clipped gradients,
    does not depend on the scale of the loss.
    """
    summed = [
        head
        for head in with_losses(run)
        if head.loss and head.loss.settings.get("reduction") == "sum"
    ]
    settings = optimizer(run)
    clips = any(settings.get(name) for name in CLIPPING)
    if not summed or settings.get("class") != "SGD" or clips:
        return
    rules = (learning_rate_too_high, updates_too_large)
    if not any([*rule(run, thresholds)] for rule in rules):
        return
    head = summed[0]
    target = head.target
    count = target.examples / len(target.records) if target else float("nan")
    number = f"{count:,.0f} " if count > 1 else ""
    times = f"{number}times" if number else "as many times"
    rate = learning_rate(run)
    acts = (
        f" A learning rate of {rate:g} acts like {rate * count:.3g} with a mean loss."
        if rate and count > 1
        else ""
    )
    yield Finding(
        name=FindingName.LOSS_SUMMED,
        severity=Severity.WARNING,
        layers=head.layers(run),
        steps=whole(run),
        numbers=(
            Number("examples in a batch", count),
            *(() if rate is None else (Number("learning rate", rate),)),
        ),
        figure=CURVES,
        summary=f"The loss is summed over the {number}examples of a batch, so its "
        f"gradient is {times} as large as the gradient of the mean.",
        explanation=(
            f"With SGD, each update is larger by the same factor.{acts} Updates then "
            "depend on the size of the batch, and lead beyond the minimum."
        ),
        remedy=f'Use reduction="{MEAN}", the default of Keras.',
        change=loss_change(run, head, reduction=MEAN),
        source="Goyal et al. (2017), section 2.1; keras.losses",
    )
