"""The table of numbers keeps what the user has selected while records come in."""

import numpy as np
import pytest

from keras_xavier.figures import Table
from keras_xavier_gui.plots.table_view import TablePage
from keras_xavier_gui.qt import QtWidgets


def table(steps, layers=("hidden_1", "hidden_2")):
    """As that of layer curves: the steps of one layer under those of the other."""
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


def test_the_same_rows_are_selected_when_records_come_in(page):
    page.selectRow(4)
    assert selected(page) == [("hidden_2", "10")]
    page.show_table(table([0, 10, 20, 30]))
    assert selected(page) == [("hidden_2", "10")]
    page.copy()
    lines = QtWidgets.QApplication.clipboard().text().splitlines()
    assert [line.rpartition(",")[0] for line in lines] == ["layer,step", "hidden_2,10"]


def test_rows_that_are_gone_are_selected_no_more(page):
    page.selectAll()
    page.show_table(table([10, 20, 30], layers=["hidden_2"]))
    assert selected(page) == [("hidden_2", "10"), ("hidden_2", "20")]


def test_nothing_is_selected_that_was_not(page):
    page.show_table(table([0, 10, 20, 30]))
    assert selected(page) == []
