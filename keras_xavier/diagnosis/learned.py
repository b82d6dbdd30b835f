"""Whether a network has learned, in spite of its symptoms."""

from keras_xavier.diagnosis.guessing import loss_before_learning
from keras_xavier.diagnosis.loss import loss_values
from keras_xavier.diagnosis.reading import NotChecked, once
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import Run


def has_learned(run: Run, thresholds: Thresholds) -> bool:
    """Returns whether the last loss is far below the loss of guessing.

    Where that is unknown, the first loss takes its place. `False` if there are too few
    losses.
    """
    return once(run, (has_learned, thresholds), lambda: _learned(run, thresholds))


def _learned(run: Run, thresholds: Thresholds) -> bool:
    try:
        _, _, values = loss_values(run, thresholds)
    except NotChecked:
        return False
    level = loss_before_learning(run, thresholds, values)
    return bool(level > 0 and values[-1] < thresholds.solved_share * level)
