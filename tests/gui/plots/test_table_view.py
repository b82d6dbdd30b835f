"""The table keeps the selection of the user while records arrive."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figures import Table
from keras_xavier_gui.plots.table_view import TablePage, sorted_rows
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets


def table(steps, layers=("hidden_1", "hidden_2")):
    """A table as of layer curves: all steps of one layer, then of the next layer."""
    return Table(
        {
            "layer": np.repeat(np.array(layers, object), len(steps)),
            "step": np.tile(np.asarray(steps), len(layers)),
            "mean": np.random.default_rng(len(steps)).normal(
                size=len(steps) * len(layers)
            ),
        }
    )


@pytest.fixture
def page(qtbot):
    made = TablePage("Curves")
    qtbot.addWidget(made)
    made.show_table(table([0, 10, 20]))
    return made


def selected(page):
    model = page.model()
    return [
        (model.index(index.row(), 0).data(), model.index(index.row(), 1).data())
        for index in page.selectionModel().selectedRows()
    ]


def test_the_same_rows_are_selected_when_records_arrive(page):
    page.selectRow(4)
    assert selected(page) == [("hidden_2", "10")]
    page.show_table(table([0, 10, 20, 30]))
    assert selected(page) == [("hidden_2", "10")]
    page.copy()
    lines = QtWidgets.QApplication.clipboard().text().splitlines()
    assert [line.rpartition(",")[0] for line in lines] == ["layer,step", "hidden_2,10"]


def test_missing_rows_are_not_selected(page):
    page.selectAll()
    page.show_table(table([10, 20, 30], layers=["hidden_2"]))
    assert selected(page) == [("hidden_2", "10"), ("hidden_2", "20")]


def test_no_rows_are_selected_without_a_selection(page):
    page.show_table(table([0, 10, 20, 30]))
    assert selected(page) == []


def column(page, number):
    model = page.model()
    return [model.index(row, number).data() for row in range(model.rowCount())]


def click(qtbot, page, number):
    header = page.horizontalHeader()
    at = QtCore.QPoint(header.sectionViewportPosition(number) + 9, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_header_sorts(page, qtbot):
    page.resize(500, 300)
    with qtbot.waitExposed(page):
        page.show()
    assert column(page, 1) == ["0", "10", "20"] * 2
    page.selectRow(4)
    click(qtbot, page, 1)
    assert column(page, 1) == ["0", "0", "10", "10", "20", "20"]
    assert column(page, 0) == ["hidden_1", "hidden_2"] * 3
    assert selected(page) == [("hidden_2", "10")]
    click(qtbot, page, 1)
    assert column(page, 1)[0] == "20"
    page.show_table(table([0, 10, 20, 30]))
    assert column(page, 1)[0] == "30", "new records are sorted, too"
    assert selected(page) == [("hidden_2", "10")]
    page.copy()
    assert QtWidgets.QApplication.clipboard().text().splitlines()[1:][0][:11] == (
        "hidden_2,10"
    )
    page.hide()


NUMBERS = st.lists(st.floats(allow_nan=True), max_size=20)


@given(values=NUMBERS, descending=st.booleans())
def test_numbers_are_sorted_with_nan_last(values, descending):
    numbers = np.array(values, float)
    rows = sorted_rows(numbers, descending=descending)
    assert sorted(rows) == list(range(len(values)))
    known = [one for one in numbers[rows] if one == one]
    assert known == sorted(known, reverse=descending)
    assert np.isnan(numbers[rows][len(known) :]).all()


def test_texts_are_sorted_by_their_numbers():
    names = np.array(["layer_10", "layer_2", "Layer_1"], object)
    assert sorted_rows(names, descending=False).tolist() == [2, 1, 0]
