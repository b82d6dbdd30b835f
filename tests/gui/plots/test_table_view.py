"""The table keeps the selection of the user while records arrive."""

import numpy as np
import pytest

from keras_xavier.figures import Table
from keras_xavier_gui.plots.table_view import TablePage
from keras_xavier_gui.qt import QtWidgets


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
