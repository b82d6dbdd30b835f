"""The tab of the network: reading, selecting and opening layers."""

import time

import pytest
from plot_tabs import LAYER_CURVES, NETWORK, move_mouse, show

from keras_xavier.figures.reading import Spot, place_of, readable
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.sources.selection import Emphasis

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def network(window, qtbot):
    view = show(window, qtbot, NETWORK)
    qtbot.waitUntil(lambda: view.has_current_data)
    view.canvas.draw()
    return view


def at(view, layer):
    """Where a layer is on the canvas."""
    groups = readable(view.plot)
    row = list(groups[0].layers).index(layer)
    x, y = place_of(groups, Spot(0, row, 0))
    ratio = view.canvas.device_pixel_ratio
    return QtCore.QPoint(round(x / ratio), round(view.canvas.height() - y / ratio))


def test_a_click_selects_a_layer_everywhere(window, qtbot, network):
    move_mouse(network.canvas, at(network, "hidden_2"))
    assert network.reader.reading.layer == "hidden_2"
    qtbot.mouseClick(network.canvas, LEFT, pos=at(network, "hidden_2"))
    hidden_2 = Emphasis(layers=frozenset({"hidden_2"}))
    assert window.selection.marked == hidden_2
    tree = window.layer_list.view
    assert [node.key for node in tree.chosen()] == ["hidden_2"]
    tree.setCurrentIndex(window.layer_list.model.index_of_key("output"))
    assert window.selection.marked == Emphasis(layers=frozenset({"output"}))
    qtbot.mouseClick(network.canvas, LEFT, pos=QtCore.QPoint(60, 60))
    assert window.selection.marked is None
    assert tree.chosen() == []


def test_a_double_click_opens_the_card_of_a_layer(window, qtbot, network):
    place = at(network, "hidden_3")
    step = window.selection.steps[2]
    window.selection.set_step(step)
    qtbot.waitUntil(lambda: network.data[0].step == step)
    qtbot.mouseClick(network.canvas, LEFT, pos=place)
    qtbot.mouseDClick(network.canvas, LEFT, pos=place)
    card = window.plot()
    qtbot.waitUntil(lambda: card.has_current_data)
    assert (card.figure.name, card.data[0].layer) == ("layer-card", "hidden_3")
    assert window.selection.step == step


def test_the_graph_stays_in_place_if_its_colors_change(window, qtbot, network):
    network.canvas.zoom_in()
    network.canvas.draw()
    axes = network.plot.layout.axes[0]
    before = axes.get_xlim(), axes.get_ylim()
    network.options.set_value("statistic", "mean")
    qtbot.waitUntil(lambda: network.data[0].statistic == "mean")
    window.selection.go_to(0)
    qtbot.waitUntil(lambda: network.data[0].step == 0)
    network.canvas.draw()
    assert (axes.get_xlim(), axes.get_ylim()) == before
    assert "hidden_1: " in network.canvas.accessibleDescription()


def test_hidden_layers_lose_their_color(window, qtbot, network):
    window.layer_list.none.click()
    qtbot.waitUntil(lambda: network.plot._visible == frozenset())
    network.canvas.draw()
    faces = network.plot._artists[0].faces
    assert not faces[:, 3].any()
    show(window, qtbot, LAYER_CURVES)


def test_a_figure_of_the_layer_is_in_the_context_menu(window, qtbot, network):
    move_mouse(network.canvas, at(network, "hidden_1"))
    menu = network.menu.menu()
    actions = {action.text(): action for action in menu.actions()}
    actions["Unit map of hidden_1"].trigger()
    menu.deleteLater()
    qtbot.waitUntil(lambda: window.plot().has_current_data)
    assert [layer.name for layer in window.plot().data[0].units] == ["hidden_1"]


def test_hovering_a_large_network_is_fluid(make_window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "deep"), records=2, layers=120)
    window = make_window(tmp_path)
    view = show(window, qtbot, NETWORK)
    qtbot.waitUntil(lambda: view.has_current_data)
    view.canvas.draw()
    places = [at(view, f"hidden_{i}") for i in range(1, 120, 20)]
    start = time.process_time()
    for place in places:
        move_mouse(view.canvas, place)
    # 16 ms on a quiet machine.
    assert (time.process_time() - start) / len(places) < 0.2
