"""The Diagnosis tab: which runs are diagnosed, when, and what it shows of them."""

import numpy as np
from example_reports import (
    CAUSE,
    NO_UPDATES,
    OVERFITTING,
    PASSED,
    REPORT,
    STUCK,
    UNCHECKED,
    VANISHING,
    cells,
    message_of,
    show_tab,
)

from keras_xavier.diagnosis import Report
from keras_xavier.statistics import STATISTICS, Statistic
from keras_xavier_gui.run_panel import digests
from keras_xavier_gui.widgets.error_log import ErrorLog


def test_a_sample_is_diagnosed(open_tab, samples, qtbot):
    _, tab = open_tab(samples / "sigmoid-standard.zarr")
    qtbot.waitUntil(lambda: len(cells(tab)) > 1)
    assert cells(tab)[0][1] == "Error"
    assert tab.summary.text().startswith("1 finding: 1 error")
    assert "Glorot & Bengio (2010)" in tab.details.fields["Source"].text()
    assert tab.details.summary.text()


def test_a_healthy_run_has_no_findings(open_tab, samples, qtbot):
    _, tab = open_tab(samples / "tanh-normalized.zarr")
    qtbot.waitUntil(lambda: message_of(tab)[0].startswith("No problems found ("))
    head, text = message_of(tab)
    assert "checks passed" in head
    assert "Checked: tanh-normalized" in text
    assert "Passed: " in text
    assert "dead units" in text
    assert not tab.table().columns


def test_checks_that_were_not_possible_are_listed_with_reasons(
    open_tab, samples, known, qtbot
):
    known["sigmoid-standard"] = Report((), PASSED, UNCHECKED)
    names = ("sigmoid-standard", "tanh-standard", "tanh-normalized")
    paths = [samples / f"{name}.zarr" for name in names]
    _, tab = open_tab(samples, chosen=paths)
    qtbot.waitUntil(lambda: message_of(tab)[0].startswith("No problems found"))
    head, text = message_of(tab)
    assert head.endswith("(2 checks passed, 2 not possible or 2 checks passed).")
    assert "Checked: tanh-normalized and tanh-standard" in text
    assert f"updates too large, updates too small ({NO_UPDATES})" in text


def test_a_broken_run_shows_its_reason_and_others_are_diagnosed(
    open_tab, samples, qtbot
):
    broken, good = samples / "tanh-standard.zarr", samples / "sigmoid-standard.zarr"
    (broken / "zarr.json").write_text("{")
    window, tab = open_tab(broken)
    qtbot.waitUntil(lambda: message_of(tab)[0] == "tanh-standard cannot be read.")
    assert "zarr.json" in message_of(tab)[1]
    window.open([str(samples)])
    qtbot.waitUntil(lambda: len(window.runs.entries) == 4)
    window.run_list.choose(str(broken), str(good))
    # Findings of the run that was selected on opening may come before.
    qtbot.waitUntil(lambda: tab.problems.text() == "Cannot be read: tanh-standard")
    qtbot.waitUntil(lambda: len(cells(tab)) > 1)


def test_damaged_records_are_reported(open_tab, samples, qtbot):
    run = samples / "sigmoid-standard.zarr"
    for chunk in (run / "statistics").rglob("c.*"):
        chunk.write_bytes(b"rubbish")
    window, tab = open_tab(run)
    qtbot.waitUntil(lambda: "cannot be read." in message_of(tab)[0])
    assert "statistics" in message_of(tab)[1]
    assert window.runs.entries[0].run.reason


def poisoned(measured):
    """Returns the measurement with a share of nonfinite values."""
    measured.statistics[..., STATISTICS.index(Statistic.NONFINITE)] = 0.5
    return measured


def test_findings_of_a_live_run_leave_the_selection_alone(
    open_tab, simulation, tmp_path, qtbot, monkeypatch
):
    # On a busy machine, pauses in proportion to the time of reading are long.
    monkeypatch.setattr(digests, "RESTS", dict.fromkeys(digests.Part, 1))
    layers, random = simulation.layers_of(2), np.random.default_rng(0)
    writer = simulation.write(str(tmp_path / "live"), records=5, layers=2, close=False)
    window, tab = open_tab(writer.path)
    qtbot.waitUntil(lambda: window.digests.report(writer.path) is not None)
    before = cells(tab)
    writer.record(500, poisoned(simulation.measure(layers, 500, random)))
    writer.flush()
    qtbot.waitUntil(lambda: "Nonfinite values" in [row[0] for row in cells(tab)])
    assert len(cells(tab)) > len(before)
    found = next(one for one in tab.view.findings.rows if "Nonfinite" in one.cells[0])
    tab.choose(found.key)
    tab.details.evidence.click()
    writer.record(600, poisoned(simulation.measure(layers, 600, random)))
    writer.flush()
    # The marks of the evidence grow with the run.
    (shown,) = window.context.evidence.found
    assert shown.remains
    qtbot.waitUntil(lambda: window.context.evidence.found != (shown,))
    window.evidence.bar.back.click()
    assert tab.view.current().key == found.key
    assert tab.view.current().finding.steps[1] == 600
    writer.close()


def test_a_rule_that_fails_in_a_run_does_not_affect_other_runs(
    make_window, samples, qtbot, monkeypatch
):
    def fail(run):
        if run.name == "sigmoid-standard":
            raise ZeroDivisionError("in a rule")
        return REPORT

    monkeypatch.setattr(digests, "diagnose", fail)
    log = ErrorLog()
    window = make_window(samples, errors=log)
    qtbot.waitUntil(lambda: len(window.runs.entries) > 1)
    window.run_list.selectAll()
    show_tab(window)
    tab = window.tabs.currentWidget()
    qtbot.waitUntil(lambda: tab.problems.isVisible() and len(cells(tab)) > 1)
    assert tab.problems.text() == "Cannot be read: sigmoid-standard"
    assert "sigmoid-standard" not in str(cells(tab))
    assert [text for text, _ in log.errors.values()] == ["ZeroDivisionError: in a rule"]


def test_findings_can_be_exported(sigmoid):
    _, tab = sigmoid
    table = tab.table()
    assert list(table.columns["finding"]) == [
        one.name for one in (CAUSE, STUCK, VANISHING, OVERFITTING)
    ]
    assert list(table.columns["cause"]) == ["", *["targets_out_of_range"] * 2, ""]
    assert table.columns["code after"][0] == "keras.layers.Dense(1)"
    assert "hidden_4" in table.to_csv()
    assert tab.file_name() == "diagnosis"


def test_without_a_run_a_message_is_shown(sigmoid, qtbot):
    window, tab = sigmoid
    window.run_list.clearSelection()
    qtbot.waitUntil(
        lambda: message_of(tab)[0] == "Select a run in the list on the left."
    )
