"""What a row says: state, findings, loss."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from keras_xavier.diagnosis import Finding, Report, Severity
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import Notes, RunSummary, State
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel.badges import folded_badge, run_badge
from keras_xavier_gui.run_panel.cells import cell
from keras_xavier_gui.run_panel.columns import FINDINGS, NAME, SINCE
from keras_xavier_gui.run_panel.columns import STATE as STATE_COLUMN
from keras_xavier_gui.run_panel.delegate import CellDelegate, unit_lines
from keras_xavier_gui.run_panel.digest import thinned
from keras_xavier_gui.run_panel.row_roles import BRIEF, cell_data
from keras_xavier_gui.run_panel.row_texts import details, searchable, spoken
from keras_xavier_gui.run_panel.tree_nodes import RunNode
from keras_xavier_gui.sources.listing import Entry


def make_run(state, reason=None, **changes):
    run = RunSummary("/runs/a.zarr", "a", state, reason, 21, 4000, 2000.0, 1000.0)
    entry = Entry("a", (0, "a"), replace(run, **changes), ("/runs",))
    return RunNode(1, "/runs/a.zarr", label="a", entry=entry)


def finding(title, severity=Severity.ERROR, layers=(), steps=(400, 900)):
    return Finding(
        title.lower().replace(" ", "_"),
        *(severity, layers, steps, (), FigureSpec("overview")),
        *(f"Summary of {title}.", "", "", ""),
    )


def report(*findings):
    return Report(findings, ("loss rising", "dead units"), ())


def all_states():
    """A run in each state that the list distinguishes, by the name of the state."""
    moved = make_run(State.FINISHED)
    moved.moved_from = "/elsewhere/a.zarr"
    missing = make_run(State.FINISHED)
    missing.entry = missing.entry.as_missing()
    return {
        "live": make_run(State.RUNNING),
        "finished": make_run(State.FINISHED),
        "stopped": make_run(State.STOPPED),
        "failed": make_run(State.FAILED, "ValueError: no"),
        "interrupted": make_run(State.INTERRUPTED, "Ctrl+C"),
        "stalled": make_run(State.INTERRUPTED, "no heartbeat from process 12"),
        "broken": make_run(State.BROKEN, "damaged"),
        "missing": missing,
        "finished, moved": moved,
    }


def test_states_differ_in_text_icon_and_tooltip(qapp):
    runs = all_states()
    cells = {name: cell(run, STATE_COLUMN) for name, run in runs.items()}
    assert [one.text for one in cells.values()] == [*runs]
    assert len({one.tip for one in cells.values()}) == len(runs)
    # In black and white: shapes differ, not only colors.
    shapes = {shape(cell(run, NAME).icon) for run in runs.values()}
    assert len(shapes) == len(runs)


def shape(icon):
    image = icon.pixmap(QtCore.QSize(16, 16)).toImage()
    size = image.width(), image.height()
    return bytes(
        image.pixelColor(x, y).alpha() > 127
        for y in range(size[1])
        for x in range(size[0])
    )


def test_a_run_without_diagnosis_says_why(qapp):
    texts = [cell(run, FINDINGS).text for run in all_states().values()]
    assert texts == ["…"] * 6 + ["broken", "missing", "…"]
    run = make_run(State.FINISHED)
    run.problem = "records cannot be read"
    assert cell(run, FINDINGS).text == "not diagnosed"
    run = make_run(State.RUNNING, records=0)
    run.report = report()
    assert cell(run, FINDINGS).text == "no records yet"


@pytest.mark.parametrize(
    ("one", "text", "since", "place"),
    [
        (finding("Dead units"), "Dead units", "400", "since step 400"),
        (
            finding("Dead units", layers=("a", "b", "c"), steps=(0, 0)),
            *("a +2: Dead units", "0", "a +2, step 0"),
        ),
        (
            finding("Slow", Severity.NOTE, ("a\n",), (1000, 2000)),
            *("a�: Slow", "1,000", "a�, steps 1,000 to 2,000"),
        ),
    ],
)
def test_a_badge_names_layer_step_and_finding(qapp, one, text, since, place):
    run = make_run(State.FINISHED)
    run.report = report(one)
    shown = cell(run, FINDINGS)
    assert [shown.text, cell(run, SINCE).text] == [text, since]
    assert not shown.icon.isNull()
    assert place in shown.tip
    assert one.summary in shown.tip
    assert "2 checks passed" in shown.tip
    for whole in (spoken(run), details(run)):
        assert f"{text}, step {since}" in whole
    assert one.title in searchable(run)


@pytest.mark.parametrize(
    ("width", "text"), [(400, "hidden_1: Dead units"), (110, "Dead units")]
)
def test_a_narrow_cell_shows_the_name_of_the_finding(qapp, width, text):
    run = make_run(State.FINISHED)
    run.report = report(finding("Dead units", layers=("hidden_1",)))
    model = QtGui.QStandardItemModel(1, FINDINGS + 1)
    shown = cell(run, FINDINGS)
    for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.DecorationRole, BRIEF):
        model.setData(
            model.index(0, FINDINGS), cell_data(run, shown, FINDINGS, role), role
        )
    option = QtWidgets.QStyleOptionViewItem()
    option.rect = QtCore.QRect(0, 0, width, 20)
    option.font.setPixelSize(12)
    option.fontMetrics = QtGui.QFontMetrics(option.font)
    CellDelegate().initStyleOption(option, model.index(0, FINDINGS))
    assert option.text == text


def test_severe_and_early_findings_come_first():
    reports = [
        report(finding("A")),
        report(finding("B", steps=(10, 900))),
        report(finding("C", Severity.WARNING, steps=(0, 0))),
        report(finding("D"), finding("E", Severity.NOTE)),
        report(),
    ]
    ordered = sorted(reports, key=lambda one: run_badge(one).rank)
    titles = ["".join(one.title for one in report.findings) for report in ordered]
    assert titles == ["DE", "B", "A", "C", ""]


NAMES = st.sampled_from(["A", "B", "C"])
REPORTS = st.lists(
    st.lists(st.tuples(NAMES, st.sampled_from(list(Severity))), max_size=4), max_size=8
)


@given(found=REPORTS, undiagnosed=st.integers(0, 3))
def test_folded_findings_are_counted_once_for_each_run(found, undiagnosed):
    reports = [report(*(finding(*one) for one in run)) for run in found]
    runs = len(reports) + undiagnosed
    assume(runs)
    badge = folded_badge(reports, runs)
    affected = [run for run in found if run]
    if not affected:
        assert badge.text == ("" if undiagnosed else "no problems")
        return
    assert f"Runs with findings: {len(affected)} of {runs}" in badge.tip
    assert badge.severity == min(
        (severity for run in found for _, severity in run),
        key=list(Severity)[::-1].index,
    )
    first = badge.text.partition(" of ")[0]
    assert 1 <= int(first) <= len(affected)


def test_notes_and_settings_are_searchable_and_in_the_tooltip():
    run = make_run(
        State.FINISHED,
        hyperparameters={"units": 30},
        configuration={"optimizer.learning_rate": 0.1, "versions.keras": "3"},
        notes=Notes("Good one.", ("best",)),
    )
    for text in (searchable(run), details(run)):
        assert "Good one." in text
        assert "best" in text
        assert "units" in text
        assert "optimizer.learning_rate" in text
    assert "versions.keras" not in details(run)


VALUES = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([np.nan, np.inf, 1e300]))


@given(values=arrays(float, st.integers(1, 400), elements=VALUES))
def test_a_thinned_curve_keeps_extremes_and_order(values):
    curve = thinned(np.arange(len(values)), values)
    assert len(curve.steps) <= 81
    assert curve.steps[-1] == len(values) - 1
    assert (np.diff(curve.steps) > 0).all()
    finite = values[np.isfinite(values)]
    kept = curve.values[np.isfinite(curve.values)]
    if len(finite):
        assert (kept.min(), kept.max()) == (finite.min(), finite.max())
    for step, value in zip(curve.steps, curve.values, strict=True):
        assert value == values[int(step)] or not np.isfinite(value)
    for line in unit_lines((curve,)):
        for point in line:
            assert -1e-9 <= point.x() <= 1 + 1e-9
            assert -1e-9 <= point.y() <= 1 + 1e-9
