import pytest

from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.widgets.layer_list import LayerList
from keras_xavier_gui.widgets.status_bar import plain


def snapshot(layers, path="a"):
    return Snapshot(path=path, name=path, version=1, layers=layers)


@pytest.fixture
def selection(qapp, simulation):
    made = Selection()
    made.set_runs([snapshot(simulation.layers_of(11))])
    return made


@pytest.fixture
def layers(qtbot, selection, simulation):
    made = LayerList(selection)
    qtbot.addWidget(made)
    selection.set_runs([snapshot(simulation.layers_of(11), path="b")])
    made.show()
    yield made
    made.hide()


def names(layers):
    return [
        layers.filtered.index(row, 0).data()
        for row in range(layers.filtered.rowCount())
    ]


def test_the_model_is_one_that_qt_accepts(qtmodeltester, layers):
    qtmodeltester.check(layers.model)


def test_layers_are_listed_in_model_order(layers):
    assert names(layers) == [f"hidden_{i}" for i in range(1, 12)] + ["output"]


def test_space_hides_the_layer_at_the_cursor(qtbot, layers, selection):
    layers.view.setCurrentIndex(layers.filtered.index(2, 0))
    qtbot.keyClick(layers.view, Qt.Key.Key_Space)
    assert selection.hidden == {"hidden_3"}
    qtbot.keyClick(layers.view, Qt.Key.Key_Space)
    assert selection.hidden == frozenset()


def test_the_buttons_work_on_what_the_filter_shows(qtbot, layers, selection):
    qtbot.keyClicks(layers.filter, "HIDDEN_1")
    assert names(layers) == ["hidden_1", "hidden_10", "hidden_11"]
    qtbot.mouseClick(layers.none, Qt.MouseButton.LeftButton)
    assert selection.hidden == {"hidden_1", "hidden_10", "hidden_11"}
    layers.filter.clear()
    qtbot.mouseClick(layers.none, Qt.MouseButton.LeftButton)
    assert len(selection.hidden) == 12
    qtbot.mouseClick(layers.all, Qt.MouseButton.LeftButton)
    assert selection.hidden == frozenset()


def test_a_filter_that_hides_all_layers_says_so(qtbot, layers):
    layers.filter.setText("hidden")
    assert not layers.nothing.isVisibleTo(layers)
    layers.filter.setText("nowhere")
    assert layers.nothing.isVisibleTo(layers)
    layers.filter.clear()
    assert not layers.nothing.isVisibleTo(layers)


def test_what_is_hidden_stays_hidden_in_other_runs(layers, selection, simulation):
    selection.set_hidden({"hidden_2"})
    selection.set_runs([snapshot(simulation.layers_of(2), path="c")])
    checks = [
        layers.filtered.index(row, 0).data(Qt.ItemDataRole.CheckStateRole)
        for row in range(3)
    ]
    state = Qt.CheckState
    assert checks == [state.Checked, state.Unchecked, state.Checked]


def test_new_records_leave_the_list_alone(qtbot, layers, selection, simulation):
    layers.view.setCurrentIndex(layers.filtered.index(5, 0))
    kept = QtCore.QPersistentModelIndex(layers.view.currentIndex())
    later = Snapshot(path="b", name="b", version=2, layers=simulation.layers_of(11))
    selection.set_runs([later])
    assert kept.isValid()
    assert layers.view.currentIndex().row() == 5


def test_the_tooltip_tells_what_a_layer_is(layers):
    tip = layers.filtered.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == plain("Dense · tanh · 300 units · 90,300 parameters")
