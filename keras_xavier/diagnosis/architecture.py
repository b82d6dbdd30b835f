"""Layers that do not fit together, whatever they are trained on."""

from collections.abc import Iterable

from keras_xavier.diagnosis.code_changes import layer_line
from keras_xavier.diagnosis.finding import (
    Finding,
    FindingName,
    Severity,
)
from keras_xavier.diagnosis.program import graph, outputs
from keras_xavier.diagnosis.reading import NotChecked, listed
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Run
from keras_xavier.text import sanitize

NO_GRAPH = "the connections of the layers are not recorded"
NO_RECORDS = "no records"
SUMMING_TO_ONE = ("softmax",)


def softmax_in_hidden_layer(run: Run, thresholds: Thresholds) -> Iterable[Finding]:
    """Finds dense or convolutional hidden layers with a softmax over their units."""
    known = graph(run)
    if not run.records:
        raise NotChecked(NO_RECORDS)
    if not known or not outputs(run):
        raise NotChecked(NO_GRAPH)
    after: dict[str, list[str]] = {}
    for name, one in known.items():
        for before in one.inputs:
            after.setdefault(before, []).append(name)
    affected = [
        name
        for name, one in known.items()
        if one.kind in ("Dense", "Conv1D", "Conv2D")
        and one.activation in SUMMING_TO_ONE
        # A gate or a mixture multiplies other values; this is a plain chain.
        and len(after.get(name, [])) == 1
        and known[after[name][0]].kind in ("Dense", "Conv1D", "Conv2D")
        and known[after[name][0]].inputs == (name,)
    ]
    if not affected:
        return
    units = [(known[name].shape or (None,))[-1] for name in affected]
    size = f", 1/{units[0]} on average" if units[0] else ""
    yield Finding(
        name=FindingName.SOFTMAX_IN_HIDDEN_LAYER,
        severity=Severity.WARNING,
        layers=tuple(affected),
        steps=(int(run.steps[0]), int(run.steps[-1])),
        numbers=(),
        figure=FigureSpec("depth-profile", step=int(run.steps[0])),
        summary=f"The hidden layer {listed(tuple(affected))} has a softmax, whose "
        f"values sum to 1{size}.",
        explanation="The next layer receives small values that hardly differ from "
        "example to example, and the gradient shrinks by the same factor. The softmax "
        "suits an output layer with one unit for each class.",
        remedy=f"Use relu instead of softmax in {sanitize(affected[0])}.",
        source="Goodfellow, Bengio & Courville (2016), section 6.2.2.3",
        change=layer_line(run, affected[0], activation="relu"),
    )
