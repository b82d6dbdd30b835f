"""Targets that are the same for all examples."""

from collections.abc import Iterable

from keras_xavier.diagnosis.finding import (
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.heads import CURVES, heads, number
from keras_xavier.diagnosis.reading import NotChecked, whole
from keras_xavier.diagnosis.target_range import has_distance
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.runs import Run


def constant_targets(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds targets that are the same for all examples."""
    checked = False
    for head in heads(run):
        target = head.target
        # Losses of the program may ignore their targets.
        if target is None or not has_distance(head):
            continue
        of_classes = target.is_binary or head.is_sparse
        least = thresholds.min_targets if of_classes else thresholds.min_examples
        if target.examples < least:
            continue
        checked = True
        if not target.is_constant:
            continue
        value = number(target.lowest) if target.lowest == target.highest else "equal"
        yield Finding(
            name=FindingName.CONSTANT_TARGETS,
            severity=Severity.ERROR,
            layers=(run.layers[target.row].name,),
            steps=whole(run),
            numbers=(
                Number("lowest target", target.lowest),
                Number("highest target", target.highest),
                Number("recorded examples", target.examples),
            ),
            figure=CURVES,
            summary=f"All targets of {head.name} are {value}.",
            explanation=(
                "With equal targets, the loss is lowest if the network ignores its "
                "inputs. The bias of the output is enough for that. Targets are often "
                "lost when they are scaled or converted to integers."
            ),
            remedy="Check how the targets were prepared, for example with "
            "np.unique(y, return_counts=True).",
            change=CodeChange("", "print(np.unique(y, return_counts=True))"),
            source="Zhang et al. (2021), AUTOTRAINER; UMLAUT (Schoop et al. 2021)",
        )
    if not checked:
        raise NotChecked("too few targets are recorded, or the loss is not known")
