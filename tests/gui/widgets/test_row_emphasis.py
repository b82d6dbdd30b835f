"""Rows of lists that are linked with the lines of plots."""

import pytest

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.selection import Emphasis, Selection
from keras_xavier_gui.widgets.row_emphasis import RowEmphasis, RowMarks, RowVeil


@pytest.fixture
def tree(qtbot):
    """A tree of two folders with two items each."""
    model = QtGui.QStandardItemModel()
    for folder in ("b", "a"):
        row = QtGui.QStandardItem(folder)
        row.appendRows([QtGui.QStandardItem(f"{folder}{i}") for i in range(2)])
        model.appendRow(row)
    view = QtWidgets.QTreeView()
    qtbot.addWidget(view)
    view.setModel(model)
    # A view does not own its model.
    model.setParent(view)
    view.expandAll()
    view.resize(200, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def find(tree, name):
    model = tree.model()
    flags = Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly
    return model.match(model.index(0, 0), Qt.ItemDataRole.DisplayRole, name, 1, flags)


def texts(tree, marks):
    tree.viewport().repaint()
    return [tree.indexAt(box.center()).data() for box in marks.shown]


def test_marks_stay_at_their_rows(tree):
    selection = Selection()
    linked = RowEmphasis(
        *(tree, selection, lambda index: None),
        rows=lambda emphasis: [
            one for name in emphasis.layers for one in find(tree, name)
        ],
    )
    marks = linked.marks
    selection.mark(Emphasis(layers=frozenset({"a1"})))
    assert texts(tree, marks) == ["a1"]
    tree.collapse(tree.model().index(0, 0))
    assert texts(tree, marks) == ["a1"]
    tree.model().sort(0)
    assert texts(tree, marks) == ["a1"]
    tree.collapse(find(tree, "a")[0])
    assert texts(tree, marks) == []
    tree.expandAll()
    selection.mark(None)
    assert texts(tree, marks) == []


def test_rows_of_hidden_runs_are_veiled(tree):
    hidden = ["b0"]
    veils = RowMarks(tree, lambda: find(tree, hidden[0]), RowVeil)
    index = find(tree, "b0")[0]

    def contrast(index):
        image = tree.viewport().grab(tree.visualRect(index)).toImage()
        spots = [QtCore.QPoint(x, y) for x in range(60) for y in range(image.height())]
        found = [image.pixelColor(at).lightness() for at in spots]
        return max(found) - min(found)

    assert texts(tree, veils) == ["b0"]
    veiled = contrast(index)
    hidden[0] = "none"
    assert texts(tree, veils) == []
    assert contrast(index) > veiled
