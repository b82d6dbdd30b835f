"""Reports with a cause, consequences and checks, and what the tab shows of them."""

from keras_xavier.diagnosis import (
    CodeChange,
    Finding,
    FindingName,
    Report,
    Severity,
    Unchecked,
)
from keras_xavier.figure_spec import FigureSpec, ReferenceLine
from keras_xavier_gui.diagnosis.items import COLUMNS


def make_finding(name, severity=Severity.ERROR, layers=(), steps=(0, 4000), **changes):
    """A finding with all texts."""
    changes = {
        "numbers": (),
        "figure": FigureSpec("training-curves"),
        "summary": f"Summary of {name}.",
        "explanation": f"Explanation of {name}.",
        "remedy": f"Remedy of {name}.",
        "source": "Nobody (2026)",
    } | changes
    return Finding(name, severity, layers, steps, **changes)


STUCK = make_finding(
    FindingName.TOP_LAYER_STUCK,
    Severity.WARNING,
    ("hidden_4",),
    (3200, 4000),
    figure=FigureSpec("layer-curves", quantity="activation", step=3200),
    lines=(ReferenceLine(0.1, "threshold of the mean"),),
)
VANISHING = make_finding(
    FindingName.VANISHING_GRADIENT, figure=FigureSpec("depth-profile", step=0)
)
CAUSE = make_finding(
    FindingName.TARGETS_OUT_OF_RANGE,
    layers=("output",),
    change=CodeChange(
        'keras.layers.Dense(1, activation="sigmoid")', "keras.layers.Dense(1)"
    ),
    command="keras-xavier train --activation tanh",
    consequences=(STUCK, VANISHING),
)
OVERFITTING = make_finding(FindingName.OVERFITTING, Severity.WARNING)
PASSED = ("dead units", "loss rising")
NO_UPDATES = "no updates are recorded"
UNCHECKED = tuple(
    Unchecked(check, NO_UPDATES) for check in ("updates too large", "updates too small")
)
REPORT = Report((CAUSE, OVERFITTING), PASSED, UNCHECKED)
EMPTY = Report((), PASSED, ())


def show_tab(window):
    window.tabs.setCurrentIndex(window.tabs.count() - 1)


def cells(tab):
    """The visible rows: each cause, followed by its consequences."""
    if not tab.view.isVisible():
        return []
    model = tab.view.model()
    rows = []
    for row in range(model.rowCount()):
        cause = model.index(row, 0)
        rows.append(cause)
        if tab.view.isExpanded(cause):
            rows += [model.index(one, 0, cause) for one in range(model.rowCount(cause))]
    return [
        [
            row.siblingAtColumn(column).data()
            for column in range(len(COLUMNS))
            if not tab.view.isColumnHidden(column)
        ]
        for row in rows
    ]


def message_of(tab):
    """Headline and text of the message in place of findings."""
    if not tab.page.isVisible():
        return "", ""
    return tab.page.headline.text(), tab.page.text.text()


def shown(details):
    """The visible fields of the details."""
    return [name for name, one in details.fields.items() if one.isVisible()]
