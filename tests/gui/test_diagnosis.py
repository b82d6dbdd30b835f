"""The Diagnosis tab: findings of the selected runs."""

import shutil
import threading

import numpy as np
import pytest

import keras_xavier_gui.diagnosis.tab as tab_module
from keras_xavier.diagnosis import Severity, diagnose
from keras_xavier.statistics import STATISTICS, Quantity, Statistic
from keras_xavier_gui.diagnosis.findings import COLUMNS, RUN
from keras_xavier_gui.diagnosis.severity import severity_icon
from keras_xavier_gui.qt import Qt, QtWidgets
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.widgets.error_log import ErrorLog

TITLES = [
    "Top layer stuck",
    "Wrong initial scale",
    "Vanishing signal",
    "Vanishing gradient",
]


def show_tab(window):
    window.tabs.setCurrentIndex(window.tabs.count() - 1)


@pytest.fixture
def open_tab(make_window, qtbot):
    """Opens the window with runs, and shows the tab."""

    def open_(*paths, chosen=(), **options):
        window = make_window(*paths, **options)
        show_tab(window)
        if chosen:
            qtbot.waitUntil(lambda: len(window.selection.runs) > 0)
            window.run_list.choose(*map(str, chosen))
            qtbot.waitUntil(lambda: len(window.selection.runs) == len(chosen))
        return window, window.tabs.currentWidget()

    return open_


@pytest.fixture
def samples(tmp_path):
    return shutil.copytree(SAMPLE_RUNS, tmp_path / "samples")


@pytest.fixture
def sigmoid(open_tab, samples, qtbot):
    """The window and the tab with the findings of the sigmoid sample."""
    window, tab = open_tab(samples / "sigmoid-standard.zarr")
    qtbot.waitUntil(lambda: len(cells(tab)) == 4)
    return window, tab


def cells(tab):
    """The visible rows."""
    if not tab.view.isVisible():
        return []
    model = tab.view.model()
    return [
        [
            model.index(row, column).data()
            for column in range(len(COLUMNS))
            if not tab.view.isColumnHidden(column)
        ]
        for row in range(model.rowCount())
    ]


def message_of(tab):
    """Headline and text of the message in place of findings."""
    if not tab.page.isVisible():
        return "", ""
    return tab.page.headline.text(), tab.page.text.text()


def test_the_sigmoid_sample_has_a_stuck_top_layer(sigmoid):
    _, tab = sigmoid
    rows = cells(tab)
    assert [row[0] for row in rows] == ["Error", *["Warning"] * 3]
    assert [row[1] for row in rows] == TITLES
    assert rows[0][2:] == ["3,200 to 4,000", "hidden_4"]
    assert tab.summary.text() == "4 findings: 1 error, 3 warnings."
    details = tab.details
    assert details.headline.text().startswith("Error: Top layer stuck\n")
    assert "hidden_4 has collapsed to 0" in details.explanation.text()
    assert "lowest mean" in details.texts["Numbers"].text()
    assert "Glorot & Bengio (2010), section 3.1" in details.texts["Source"].text()
    assert "tanh" in details.texts["Remedy"].text()
    assert "hidden_4 has collapsed to 0" in details.area.accessibleDescription()


def test_a_finding_is_explained_when_it_is_selected(sigmoid, qtbot):
    _, tab = sigmoid
    qtbot.keyClick(tab.view, Qt.Key.Key_Down)
    assert "Wrong initial scale" in tab.details.headline.text()
    assert "theory predicts" in tab.details.explanation.text()


def test_the_command_is_copied(sigmoid, qtbot):
    window, tab = sigmoid
    tab.details.copy_button.click()
    text = QtWidgets.QApplication.clipboard().text()
    assert text == tab.view.current().finding.command
    assert text.startswith("keras-xavier train ")
    assert "\n" not in text
    assert window.statusBar().currentMessage() == "Command copied"


def test_enter_shows_the_evidence(sigmoid, qtbot):
    window, tab = sigmoid
    tab.view.setFocus()
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
    index = tab.view.model().index(1, 1)
    where = tab.view.visualRect(index).center()
    port = tab.view.viewport()
    qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=where)
    assert window.tabs.currentWidget() is tab
    qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=where)
    assert window.plot().figure.name == "depth-profile"
    assert window.selection.step == 0


def test_evidence_selects_the_run_and_shows_its_layers(open_tab, samples, qtbot):
    names = ("tanh-standard", "sigmoid-standard", "tanh-normalized")
    paths = [samples / f"{name}.zarr" for name in names]
    window, tab = open_tab(samples, chosen=paths)
    qtbot.waitUntil(lambda: len(cells(tab)) == 5)
    assert [row[RUN] for row in cells(tab)] == [*["sigmoid-standard"] * 4, names[0]]
    assert tab.summary.text().endswith("No problems found in tanh-normalized.")
    window.selection.set_hidden({"hidden_1", "hidden_4"})
    tab.details.evidence.click()
    assert window.selection.hidden == {"hidden_1"}
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and len(view.data) == 1)
    assert view.data[0].run == "sigmoid-standard"
    assert window.selection.step == 3200


def test_a_healthy_run_has_no_findings(open_tab, samples, qtbot):
    _, tab = open_tab(samples / "tanh-normalized.zarr")
    qtbot.waitUntil(lambda: message_of(tab)[0].endswith("checks passed)."))
    text = message_of(tab)[1]
    assert "tanh-normalized" in text
    assert "Not checked" not in text
    assert not tab.table().columns


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
    qtbot.waitUntil(lambda: len(cells(tab)) == 4)
    assert tab.problems.text() == "Cannot be read: tanh-standard"


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
    monkeypatch.setattr(tab_module, "REST_SECONDS", 0.05)
    monkeypatch.setattr(tab_module, "REST", 1)
    layers, random = simulation.layers_of(2), np.random.default_rng(0)
    writer = simulation.write(str(tmp_path / "live"), records=5, layers=2, close=False)
    _, tab = open_tab(writer.path)
    qtbot.waitUntil(lambda: len(tab._known) == 1)
    before = cells(tab)
    writer.record(500, poisoned(simulation.measure(layers, 500, random)))
    writer.flush()
    qtbot.waitUntil(lambda: "Nonfinite values" in [row[1] for row in cells(tab)])
    assert len(cells(tab)) > len(before)
    chosen = tab.view.current()
    writer.record(600, poisoned(simulation.measure(layers, 600, random)))
    writer.flush()
    qtbot.waitUntil(lambda: tab.view.current().finding != chosen.finding)
    assert tab.view.current().key == chosen.key
    writer.close()


def test_live_runs_are_diagnosed_after_a_pause(
    open_tab, simulation, tmp_path, qtbot, monkeypatch
):
    times = []
    monkeypatch.setattr(
        tab_module, "timed_diagnosis", lambda _run: (times.append(0) or [], 0.0)
    )
    writer = simulation.write(str(tmp_path / "live"), records=3, layers=2, close=False)
    _, tab = open_tab(writer.path)
    qtbot.waitUntil(lambda: message_of(tab)[0].startswith("No problems found so far"))
    layers, random = simulation.layers_of(2), np.random.default_rng(0)
    steps = len(tab._selection.steps)
    writer.record(300, simulation.measure(layers, 300, random))
    writer.flush()
    qtbot.waitUntil(lambda: len(tab._selection.steps) == steps + 1)
    assert len(times) == 1
    assert tab._rest.isActive()
    qtbot.waitUntil(lambda: len(times) == 2)
    qtbot.wait(1000)
    # There are no new records.
    assert len(times) == 2
    writer.close()


def test_runs_are_diagnosed_in_the_reading_thread_while_the_tab_is_visible(
    make_window, samples, qtbot, monkeypatch
):
    threads = []

    def diagnose(run):
        threads.append(threading.current_thread().name)
        return []

    monkeypatch.setattr(tab_module, "diagnose", diagnose)
    window = make_window(samples / "sigmoid-standard.zarr")
    qtbot.waitUntil(lambda: window.plot().data is not None)
    assert threads == []
    show_tab(window)
    tab = window.tabs.currentWidget()
    qtbot.waitUntil(lambda: message_of(tab)[0].startswith("No problems found"))
    assert threads == ["keras-xavier reading"]
    window.tabs.setCurrentIndex(0)
    assert not tab._rest.isActive()
    show_tab(window)
    assert threads == ["keras-xavier reading"]


def test_an_exception_in_a_rule_is_reported_once(
    make_window, samples, qtbot, monkeypatch
):
    def fail(run):
        raise ZeroDivisionError("in a rule")

    monkeypatch.setattr(tab_module, "diagnose", fail)
    log = ErrorLog()
    window = make_window(samples / "sigmoid-standard.zarr", errors=log)
    show_tab(window)
    tab = window.tabs.currentWidget()
    qtbot.waitUntil(lambda: "failed" in message_of(tab)[1])
    qtbot.wait(500)
    assert len(log.errors) == 1
    assert "in a rule" in log.text()


def test_an_exception_in_a_rule_does_not_affect_other_runs(
    make_window, samples, qtbot, monkeypatch
):
    def fail(run):
        if run.name == "sigmoid-standard":
            raise ZeroDivisionError("in a rule")
        return diagnose(run)

    monkeypatch.setattr(tab_module, "diagnose", fail)
    log = ErrorLog()
    window = make_window(samples, errors=log)
    qtbot.waitUntil(lambda: len(window.runs.entries) > 1)
    window.run_list.selectAll()
    show_tab(window)
    tab = window.tabs.currentWidget()
    qtbot.waitUntil(lambda: tab.problems.isVisible())
    assert tab.problems.text() == "Cannot be read: sigmoid-standard"
    assert {row[2] for row in cells(tab)} == {"tanh-standard", "softsign-standard"}
    assert [text for text, _ in log.errors.values()] == ["ZeroDivisionError: in a rule"]


def test_findings_can_be_exported(sigmoid):
    _, tab = sigmoid
    table = tab.table()
    assert list(table.columns["severity"]) == ["error", *["warning"] * 3]
    assert "hidden_4" in table.to_csv()
    assert tab.file_name() == "diagnosis"


def test_without_a_run_a_message_is_shown(sigmoid, qtbot):
    window, tab = sigmoid
    window.run_list.clearSelection()
    qtbot.waitUntil(
        lambda: message_of(tab)[0] == "Select a run in the list on the left."
    )


def test_tab_reaches_all_controls(sigmoid):
    _, tab = sigmoid
    details = tab.details
    wanted = [
        tab.view,
        details.evidence,
        details.area,
        details.command,
        details.copy_button,
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


def test_the_command_field_grows_with_the_text_size(sigmoid, qapp, qtbot):
    _, tab = sigmoid
    before, font = tab.details.command.height(), qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(font.pointSizeF() * 2)
    try:
        qapp.setFont(larger)
        qtbot.waitUntil(lambda: tab.details.command.height() > 1.5 * before)
        assert tab.details.command.font().pointSizeF() == larger.pointSizeF()
    finally:
        qapp.setFont(font)
