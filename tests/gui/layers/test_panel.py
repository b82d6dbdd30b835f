import time

import pytest

from keras_xavier.statistics import Layer, Role
from keras_xavier_gui.layers.panel import LayerPanel
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.selection import Emphasis, Selection

LEFT = Qt.MouseButton.LeftButton
CHECKED, PARTLY, UNCHECKED = (
    Qt.CheckState.Checked,
    Qt.CheckState.PartiallyChecked,
    Qt.CheckState.Unchecked,
)


def layer(name, role=Role.LAYER):
    return Layer(name, "Dense", "relu", 8, 72, role=role)


TRANSFORMER = tuple(
    layer(name)
    for name in (
        "embed",
        *(f"block_{i}/{part}" for i in range(2) for part in ("query", "key", "ffn")),
        "out",
    )
)


def snapshot(layers, path="a", version=1):
    return Snapshot(path=path, name=path, version=version, layers=tuple(layers))


@pytest.fixture
def selection(qapp):
    return Selection()


@pytest.fixture
def panel(qtbot, selection):
    made = LayerPanel(selection)
    qtbot.addWidget(made)
    selection.set_runs([snapshot(TRANSFORMER)])
    made.resize(320, 400)
    made.show()
    yield made
    made.hide()


def index(panel, key):
    found = panel.model.index_of_key(key)
    assert found.isValid()
    return found


def state(panel, key):
    return index(panel, key).data(Qt.ItemDataRole.CheckStateRole)


def names(panel):
    return [row.name for row in panel.model.root.rows]


def press(qtbot, panel, key, *, x=60, double=False):
    place = panel.view.visualRect(index(panel, key))
    point = QtCore.QPoint(place.left() + x, place.center().y())
    qtbot.mouseClick(panel.view.viewport(), LEFT, pos=point)
    if double:
        qtbot.mouseDClick(panel.view.viewport(), LEFT, pos=point)


def test_qt_accepts_the_model(qtmodeltester, panel):
    qtmodeltester.check(panel.model)


def test_layers_of_all_runs_are_listed(panel, selection):
    runs = [[f"hidden_{i}" for i in range(1, n)] + ["output"] for n in (5, 6)]
    selection.set_runs(
        [snapshot(map(layer, of), path=str(i)) for i, of in enumerate(runs)]
    )
    assert set(names(panel)) == set(runs[1])
    panel.none.click()
    assert selection.hidden == set(runs[1])


def test_a_click_on_the_box_of_a_block_hides_its_layers(qtbot, panel, selection):
    press(qtbot, panel, "block_1", x=8)
    assert selection.hidden == {"block_1/query", "block_1/key", "block_1/ffn"}
    assert state(panel, "block_1") == UNCHECKED
    # Hiding a layer does not emphasize it.
    assert selection.marked is None
    press(qtbot, panel, "block_1/key", x=8)
    assert state(panel, "block_1") == PARTLY
    press(qtbot, panel, "block_1", x=8)
    assert (selection.hidden, state(panel, "block_1")) == (set(), CHECKED)


def test_space_hides_the_current_layer(qtbot, panel, selection):
    panel.view.setCurrentIndex(index(panel, "embed"))
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert selection.hidden == {"embed"}


def test_the_filter_selects_layers(qtbot, panel, selection):
    selection.set_hidden({"elsewhere"})
    qtbot.keyClicks(panel.filter, "KEY")
    assert names(panel) == ["block_0/key", "block_1/key"]
    assert panel.view.isExpanded(index(panel, "block_0"))
    qtbot.keyClick(panel.filter, Qt.Key.Key_Return)
    assert selection.hidden == {row.name for row in TRANSFORMER} - {
        "block_0/key",
        "block_1/key",
    } | {"elsewhere"}
    panel.filter.clear()
    panel.invert.click()
    assert selection.hidden == {"block_0/key", "block_1/key", "elsewhere"}
    panel.filter.setText("key")
    panel.all.click()
    assert selection.hidden == {"elsewhere"}


def test_a_filter_without_matches_shows_a_message(panel):
    assert not panel.nothing.isVisibleTo(panel)
    panel.filter.setText("nowhere")
    assert panel.nothing.isVisibleTo(panel)
    assert not panel.only.isEnabled()
    panel.filter.clear()
    assert not panel.nothing.isVisibleTo(panel)


def test_only_the_selected_layers(qtbot, panel, selection):
    assert not panel.only.isEnabled()
    press(qtbot, panel, "block_0")
    panel.only.click()
    shown = {row.name for row in TRANSFORMER} - selection.hidden
    assert shown == {"block_0/query", "block_0/key", "block_0/ffn"}


def test_selected_layers_are_emphasized_and_emphasized_layers_selected(
    qtbot, panel, selection
):
    press(qtbot, panel, "block_0/key")
    assert selection.marked == Emphasis(layers=frozenset({"block_0/key"}))
    panel.view.collapseAll()
    selection.mark(Emphasis(layers=frozenset({"block_1/ffn"})))
    assert [node.key for node in panel.view.chosen()] == ["block_1/ffn"]
    assert panel.view.isExpanded(index(panel, "block_1"))
    # What the mouse points at in a plot is not selected before it is clicked.
    embed = Emphasis(layers=frozenset({"embed"}))
    selection.point_at(embed)
    assert [node.key for node in panel.view.chosen()] == ["block_1/ffn"]
    selection.mark(embed)
    assert [node.key for node in panel.view.chosen()] == ["embed"]
    qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
    assert selection.marked is None


def test_a_figure_of_a_layer_is_one_click_away(qtbot, panel):
    asked = []
    panel.view.figure_asked.connect(lambda *args: asked.append(args))
    press(qtbot, panel, "embed", double=True)
    actions = panel.view.actions_of([panel.model.node(index(panel, "block_0/key"))])
    {one.text(): one for one in actions if one}["Unit map"].trigger()
    assert asked == [("layer-card", "embed"), ("unit-map", "block_0/key")]
    actions = panel.view.actions_of([panel.model.node(index(panel, "block_0"))])
    assert not {one.text(): one for one in actions if one}["Unit map"].isEnabled()
    press(qtbot, panel, "block_0", double=True)
    assert not panel.view.isExpanded(index(panel, "block_0"))


def test_new_records_keep_the_tree(qtbot, panel, selection):
    press(qtbot, panel, "block_1/ffn")
    panel.view.collapse(index(panel, "block_0"))
    kept = QtCore.QPersistentModelIndex(panel.view.currentIndex())
    selection.set_runs([snapshot(TRANSFORMER, version=2)])
    assert kept.isValid()
    selection.set_runs([snapshot([*TRANSFORMER, layer("extra")], version=3)])
    assert not panel.view.isExpanded(index(panel, "block_0"))
    assert [node.key for node in panel.view.chosen()] == ["block_1/ffn"]


def test_hidden_layers_stay_hidden_in_other_runs(panel, selection):
    selection.set_hidden({"embed"})
    selection.set_runs([snapshot(map(layer, ("embed", "head")), path="c")])
    assert (state(panel, "embed"), state(panel, "head")) == (UNCHECKED, CHECKED)


def test_the_tooltip_describes_the_layer(panel):
    tip = index(panel, "block_0/key").data(Qt.ItemDataRole.ToolTipRole)
    assert "block_0/key\nDense · relu · 8 units · 72 parameters" in tip


def test_2000_layers_stay_fluid(qtbot, panel, selection):
    table = [
        one
        for i in range(2000)
        for one in (layer(f"dense_{i}"), layer(f"dense_{i}/bias", Role.BIAS))
    ]
    steps = {
        "open": lambda: selection.set_runs([snapshot(table)]),
        "hide": panel.none.click,
        "show": panel.all.click,
        "filter": lambda: panel.filter.setText("bias"),
        "clear": panel.filter.clear,
        "mark": lambda: selection.mark(Emphasis(layers=frozenset({"dense_1999"}))),
    }
    for name, step in steps.items():
        start = time.process_time()
        step()
        qtbot.wait(1)
        # On a quiet machine below 100 ms.
        assert time.process_time() - start < 1.0, name
