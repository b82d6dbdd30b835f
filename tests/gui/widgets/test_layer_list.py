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


def test_qt_accepts_the_model(qtmodeltester, layers):
    qtmodeltester.check(layers.model)


def test_layers_are_listed_in_model_order(layers):
    assert names(layers) == [f"hidden_{i}" for i in range(1, 12)] + ["output"]


def test_space_hides_the_current_layer(qtbot, layers, selection):
    layers.view.setCurrentIndex(layers.filtered.index(2, 0))
    qtbot.keyClick(layers.view, Qt.Key.Key_Space)
    assert selection.hidden == {"hidden_3"}
    qtbot.keyClick(layers.view, Qt.Key.Key_Space)
    assert selection.hidden == frozenset()


def test_the_buttons_check_the_filtered_layers(qtbot, layers, selection):
    qtbot.keyClicks(layers.filter, "HIDDEN_1")
    assert names(layers) == ["hidden_1", "hidden_10", "hidden_11"]
    qtbot.mouseClick(layers.none, Qt.MouseButton.LeftButton)
    assert selection.hidden == {"hidden_1", "hidden_10", "hidden_11"}
    layers.filter.clear()
    qtbot.mouseClick(layers.none, Qt.MouseButton.LeftButton)
    assert len(selection.hidden) == 12
    qtbot.mouseClick(layers.all, Qt.MouseButton.LeftButton)
    assert selection.hidden == frozenset()


def test_a_filter_without_matches_shows_a_message(qtbot, layers):
    layers.filter.setText("hidden")
    assert not layers.nothing.isVisibleTo(layers)
    layers.filter.setText("nowhere")
    assert layers.nothing.isVisibleTo(layers)
    layers.filter.clear()
    assert not layers.nothing.isVisibleTo(layers)


def test_hidden_layers_stay_hidden_in_other_runs(layers, selection, simulation):
    selection.set_hidden({"hidden_2"})
    selection.set_runs([snapshot(simulation.layers_of(2), path="c")])
    checks = [
        layers.filtered.index(row, 0).data(Qt.ItemDataRole.CheckStateRole)
        for row in range(3)
    ]
    state = Qt.CheckState
    assert checks == [state.Checked, state.Unchecked, state.Checked]


def test_new_records_do_not_reset_the_list(qtbot, layers, selection, simulation):
    layers.view.setCurrentIndex(layers.filtered.index(5, 0))
    kept = QtCore.QPersistentModelIndex(layers.view.currentIndex())
    later = Snapshot(path="b", name="b", version=2, layers=simulation.layers_of(11))
    selection.set_runs([later])
    assert kept.isValid()
    assert layers.view.currentIndex().row() == 5


def test_the_tooltip_describes_the_layer(layers):
    tip = layers.filtered.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == plain("Dense · tanh · 300 units · 90,300 parameters")
