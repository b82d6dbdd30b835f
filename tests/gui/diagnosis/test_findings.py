"""The list of findings, and the details of the selected one."""

from dataclasses import replace

import pytest
from example_reports import (
    CAUSE,
    NO_UPDATES,
    PASSED,
    STUCK,
    VANISHING,
    cells,
    make_finding,
    shown,
)

from keras_xavier.diagnosis import CodeChange, FindingName, Report, Severity
from keras_xavier.figure_spec import Evidence
from keras_xavier.statistics import Quantity
from keras_xavier_gui.diagnosis.details import Details
from keras_xavier_gui.diagnosis.items import RUN, FoldedFinding, RunFinding
from keras_xavier_gui.diagnosis.severity import severity_icon
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.sources.selection import Emphasis


def test_consequences_are_beneath_their_cause(sigmoid):
    _, tab = sigmoid
    assert cells(tab) == [
        ["Targets out of range", "Error", "0 to 4,000", "output"],
        ["Top layer stuck", "Consequence", "3,200 to 4,000", "hidden_4"],
        ["Vanishing gradient", "Consequence", "0 to 4,000", "–"],
        ["Overfitting", "Warning", "0 to 4,000", "–"],
        ["2 checks passed, 2 not possible", "–", "–", "–"],
    ]
    assert tab.summary.text() == "2 findings: 1 error, 1 warning."


def test_a_cause_is_shown_with_its_remedy_and_change_of_code(sigmoid):
    _, tab = sigmoid
    details = tab.details
    assert details.headline.text().startswith("Error: Targets out of range\n")
    assert details.summary.text() == CAUSE.summary
    assert details.explanation.text() == CAUSE.explanation
    assert shown(details) == [*("Remedy", "Before", "After", "Command", "Source")]
    assert details.before.toPlainText() == CAUSE.change.before
    assert details.after.code.toPlainText() == CAUSE.change.after
    description = details.area.accessibleDescription()
    assert CAUSE.summary in description
    assert f"After: {CAUSE.change.after}" in description


def test_a_consequence_is_shown_with_its_cause_and_the_remedy_of_the_cause(
    sigmoid, qtbot
):
    _, tab = sigmoid
    qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    details = tab.details
    assert details.headline.text().startswith("Consequence: Top layer stuck\n")
    assert details.summary.text() == STUCK.summary
    assert details.fields["Cause"].text() == f"{CAUSE.title}: {CAUSE.summary}"
    assert details.fields["Remedy"].text() == CAUSE.remedy
    assert details.after.code.toPlainText() == CAUSE.change.after


def test_fields_without_a_text_are_hidden(sigmoid, qtbot):
    _, tab = sigmoid
    for _ in range(3):
        qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    assert "Overfitting" in tab.details.headline.text()
    assert shown(tab.details) == ["Remedy", "Source"]


def test_the_last_row_lists_the_checks(sigmoid, qtbot):
    _, tab = sigmoid
    qtbot.keyClick(tab.view, Qt.Key.Key_End)
    details = tab.details
    assert details.headline.text().startswith("2 checks passed, 2 not possible\n")
    text = details.explanation.text()
    assert "Passed: dead units, loss rising." in text
    assert f"updates too large, updates too small ({NO_UPDATES})" in text
    assert shown(details) == []
    assert not details.evidence.isVisible()
    before = tab.view.current()
    qtbot.keyClick(tab.view, Qt.Key.Key_Return)
    assert tab.view.current() is before


def test_code_and_command_are_copied(sigmoid):
    window, tab = sigmoid
    clipboard = QtWidgets.QApplication.clipboard()
    tab.details.after.button.click()
    assert clipboard.text() == CAUSE.change.after
    assert window.statusBar().currentMessage() == "Code copied"
    tab.details.command.button.click()
    assert clipboard.text() == CAUSE.command
    assert window.statusBar().currentMessage() == "Command copied"


def test_remedies_of_a_network_of_the_package_can_be_tried(sigmoid, qtbot):
    _, tab = sigmoid
    # No process is started.
    tab.try_asked.disconnect()
    with qtbot.waitSignal(tab.try_asked) as asked:
        tab.details.try_button.click()
    assert asked.args == [tab.view.current().path]


def test_other_models_show_the_code_that_tries_remedies(sigmoid):
    _, tab = sigmoid
    (cause, *_) = tab.view.findings.rows
    tab.view.show_found([replace(cause, can_try=False)], with_runs=False)
    assert not tab.details.try_button.isVisible()
    tab.details.trial.button.click()
    assert QtWidgets.QApplication.clipboard().text() == (
        f"kx.try_remedies({cause.path!r}, model, (x_train, y_train))"
    )


def test_hidden_consequences_stay_hidden_when_the_run_grows(sigmoid, known, qtbot):
    _, tab = sigmoid
    view = tab.view
    view.collapse(view.findings.index(0, 0))
    later = replace(CAUSE, steps=(0, 4100))
    view.show_found([replace(view.findings.rows[0], finding=later)], with_runs=False)
    assert not view.isExpanded(view.findings.index(0, 0))
    view.expand(view.findings.index(0, 0))
    view.show_found([replace(view.findings.rows[0], finding=CAUSE)], with_runs=False)
    assert view.isExpanded(view.findings.index(0, 0))


def test_a_selected_cause_stays_selected_as_a_consequence(sigmoid, qtbot):
    _, tab = sigmoid
    view = tab.view
    (cause, *_) = view.findings.rows
    view.show_found([replace(cause, finding=VANISHING)], with_runs=False)
    assert view.current().cause is None
    where = view.visualRect(view.findings.index(0, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    view.show_found([replace(cause, finding=CAUSE)], with_runs=False)
    assert view.current().finding == VANISHING
    assert view.current().cause == CAUSE
    assert "Consequence: Vanishing gradient" in tab.details.headline.text()


def test_the_first_finding_is_selected_until_the_user_selects_another(sigmoid, qtbot):
    _, tab = sigmoid
    view = tab.view
    (cause, other, *_) = view.findings.rows
    view.show_found([other], with_runs=False)
    assert view.current() == other
    # A more severe finding of a run that is diagnosed later.
    view.show_found([cause, other], with_runs=False)
    assert view.current() == cause
    qtbot.keyClick(view, Qt.Key.Key_End)
    view.show_found([replace(cause, run="a"), other], with_runs=False)
    assert view.current() == other


def test_enter_shows_the_evidence_of_a_consequence(sigmoid, qtbot):
    window, tab = sigmoid
    tab.view.setFocus()
    qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    qtbot.keyClick(tab.view, Qt.Key.Key_Return)
    view = window.plot()
    assert view.title == "Layer &curves"
    assert view.figure.name == "layer-curves"
    assert view.quantity is Quantity.ACTIVATION
    assert window.selection.step == 3200
    qtbot.waitUntil(lambda: view.data is not None)
    assert view.data[0].run == "sigmoid-standard"


def test_a_double_click_shows_the_evidence(sigmoid, qtbot):
    window, tab = sigmoid
    model = tab.view.model()
    index = model.index(1, 1, model.index(0, 0))
    where = tab.view.visualRect(index).center()
    port = tab.view.viewport()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=where)
    assert window.tabs.currentWidget() is tab
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=where)
    assert window.plot().figure.name == "depth-profile"
    assert window.selection.step == 0


@pytest.fixture
def three(open_tab, samples, known, qtbot):
    """The window and the tab with the findings of three runs."""
    other = make_finding(FindingName.OVERFITTING, Severity.WARNING, steps=(100, 300))
    known["tanh-standard"] = Report((other,), PASSED, (), last_step=4000)
    names = ("tanh-standard", "sigmoid-standard", "tanh-normalized")
    paths = [samples / f"{name}.zarr" for name in names]
    window, tab = open_tab(samples, chosen=paths)
    qtbot.waitUntil(lambda: all(window.digests.report(str(path)) for path in paths))
    assert len(cells(tab)) == 6
    return window, tab


def test_equal_findings_and_checks_of_several_runs_take_one_line(three, qtbot):
    _, tab = three
    assert [(row[0], row[RUN]) for row in cells(tab)] == [
        ("Targets out of range", "sigmoid-standard"),
        ("Top layer stuck", "sigmoid-standard"),
        ("Vanishing gradient", "sigmoid-standard"),
        ("Overfitting", "2 runs: sigmoid-standard and tanh-standard"),
        ("2 checks passed, 2 not possible", "sigmoid-standard"),
        ("2 checks passed", "2 runs: tanh-normalized and tanh-standard"),
    ]
    assert tab.summary.text() == (
        "3 findings of 2 kinds: 1 error, 2 warnings. No problems found in "
        "tanh-normalized."
    )
    qtbot.keyClick(tab.view, Qt.Key.Key_End)
    tab.view.choose(("folded", "overfitting", Severity.WARNING))
    details = tab.details
    assert "2 runs: sigmoid-standard and tanh-standard" in details.headline.text()
    assert shown(details) == ["Runs", "Remedy", "Source"]
    # One line for each summary.
    assert details.fields["Runs"].text() == (
        "sigmoid-standard and tanh-standard: Summary of overfitting."
    )
    qtbot.keyClick(tab.view, Qt.Key.Key_Right)
    qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    assert tab.view.current().run == "sigmoid-standard"
    assert len(tab.table().columns["run"]) == 5


def test_evidence_keeps_the_runs_and_back_returns_to_the_finding(three, qtbot):
    window, tab = three
    window.selection.set_hidden({"hidden_1", "hidden_4"})
    qtbot.keyClick(tab.view, Qt.Key.Key_Home)
    qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    chosen = tab.view.current()
    assert chosen.finding == STUCK
    tab.details.evidence.click()
    plot = window.plot()
    qtbot.waitUntil(lambda: plot.data is not None and not plot.is_reading)
    assert len(plot.data) == len(window.selection.runs) == 3
    assert window.selection.hidden == {"hidden_1"}
    assert window.selection.step == 3200
    assert window.selection.emphasis == Emphasis(
        frozenset({chosen.path}), frozenset({"hidden_4"})
    )
    assert plot.plot.marks.evidence == Evidence(
        "Top layer stuck",
        (3200, 4000),
        STUCK.lines,
        frozenset({window.selection.runs[0].color}),
    )
    bar = window.evidence.bar
    assert "Top layer stuck  ·  sigmoid-standard  ·  hidden_4" in bar.text.text()
    window.history.remember()
    window.history.back_action.trigger()
    assert window.tabs.currentWidget() is tab
    assert not bar.isVisible()
    assert tab.view.current() == chosen
    assert window.selection.hidden == {"hidden_1", "hidden_4"}
    qtbot.waitUntil(lambda: window.history.forward_action.isEnabled())
    window.history.forward_action.trigger()
    assert window.plot() is plot
    assert bar.isVisible()
    bar.back.click()
    assert window.tabs.currentWidget() is tab
    window.tabs.setCurrentWidget(plot)
    bar.end.click()
    assert plot.plot.marks.evidence is None
    assert window.selection.emphasis is None


def test_evidence_ends_with_its_runs_and_the_step_returns(three, samples, qtbot):
    window, tab = three
    tab.view.choose(("folded", "overfitting", Severity.WARNING))
    qtbot.keyClick(tab.view, Qt.Key.Key_Return)
    plot = window.plot()
    qtbot.waitUntil(lambda: plot.plot.marks.evidence is not None)
    # Of two runs, from the first step of one to the last of the other.
    assert plot.plot.marks.evidence.steps == (0, 4000)
    assert len(plot.plot.marks.evidence.runs) == 2
    assert tab.view.current().key[0] == "folded"
    window.selection.set_step(None)
    window.evidence.show(tab.view.findings.rows[0].children[:1])
    assert window.selection.step == 3200
    window.run_list.choose(str(samples / "tanh-normalized.zarr"))
    qtbot.waitUntil(lambda: window.context.evidence.found == ())
    assert window.selection.step is None


def test_tab_reaches_all_controls(sigmoid):
    _, tab = sigmoid
    details = tab.details
    wanted = [
        tab.view,
        details.try_button,
        details.evidence,
        details.area,
        details.before,
        details.after.code,
        details.after.button,
        details.command.code,
        details.command.button,
        details.trial.code,
        details.trial.button,
    ]
    chain = [tab.view]
    while (one := chain[-1].nextInFocusChain()) is not tab.view:
        chain.append(one)
    assert [one for one in chain if one in wanted] == wanted
    assert all(one.focusPolicy() & Qt.FocusPolicy.TabFocus for one in wanted)


def test_severities_differ_in_shape(qapp):
    shapes = []
    for severity in Severity:
        image = severity_icon(severity).pixmap(16, 16).toImage()
        size = range(16)
        shapes.append([image.pixelColor(x, y).alpha() > 99 for x in size for y in size])
    assert len({tuple(shape) for shape in shapes}) == len(Severity)


def test_code_grows_with_the_text_size_and_with_its_lines(sigmoid, qapp, qtbot):
    _, tab = sigmoid
    code = tab.details.after.code
    before, font = code.height(), qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * 2)
    try:
        qapp.setFont(larger)
        qtbot.waitUntil(lambda: code.height() > 1.5 * before)
        assert code.font().pointSizeF() == larger.pointSizeF()
    finally:
        qapp.setFont(font)
    qtbot.waitUntil(lambda: code.height() == before)
    code.show_text("keras.layers.Dense(\n    1,\n)")
    qtbot.waitUntil(lambda: code.height() > 2 * before)
    assert not code.verticalScrollBar().isVisible()


def test_half_of_a_change_is_not_shown(qtbot):
    other = CodeChange(CAUSE.change.before, "keras.layers.Dense(2)")
    found = [
        RunFinding(f"/{name}", name, replace(CAUSE, change=change))
        for name, change in (("a", CAUSE.change), ("b", other))
    ]
    details = Details(lambda _text: None)
    qtbot.addWidget(details)
    details.show()
    details.show_item(FoldedFinding(tuple(found)))
    assert shown(details) == ["Runs", "Remedy", "Command", "Source"]
