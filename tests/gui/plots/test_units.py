"""The tab of units, and rows of the layer table that are not layers."""

import numpy as np
import pytest
from plot_tabs import LAYER_CURVES, PROFILE, UNITS, first, read_at, show

from keras_xavier.runs import RunWriter
from keras_xavier.statistics import Layer, Quantity, Role
from keras_xavier_gui.qt import Qt

WEIGHTS = (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT, Quantity.WEIGHT_UPDATE)
BIAS = Layer(
    *("hidden_1/bias", "Dense", None, 300, 300),
    absent={one: "it is a bias" for one in Quantity if one not in WEIGHTS},
    role=Role.BIAS,
)
INPUT = Layer(
    *("input:x", "InputLayer", None, 300, 0),
    absent={one: "it is an input" for one in Quantity if one != Quantity.ACTIVATION},
    role=Role.INPUT,
)


def texts(view):
    view.canvas.draw()
    return " | ".join(text.get_text() for text in view.canvas.figure.texts)


def test_units_are_drawn_over_the_steps_and_at_the_selected_step(window, qtbot):
    view = show(window, qtbot, UNITS)
    assert first(view).layers == ("hidden_1", "hidden_2", "hidden_3")
    assert "at 6 steps from 0 to 500" in texts(view)
    titles = [one.get_title(loc="left") for one in view.plot.layout.axes]
    assert titles[0] == "hidden_1, 256 of 300 units"
    assert "256 of 300 units, " in view.canvas.accessibleDescription()
    reading = read_at(view, 250.0, 0.5, panel=1)
    assert (reading.layer, reading.step) == ("hidden_2", 200)
    assert reading.title.startswith("hidden_2, unit ")
    window.selection.set_hidden({"hidden_2"})
    qtbot.waitUntil(lambda: first(view).layers == ("hidden_1", "hidden_3"))
    view.options["with_output"].setChecked(True)
    qtbot.waitUntil(lambda: first(view).layers[-1] == "output")
    view.kind.setCurrentText("Units at one step")
    qtbot.waitUntil(lambda: view.has_current_data)
    window.selection.go_to(100)
    qtbot.waitUntil(lambda: first(view).steps.tolist() == [100])
    assert "Units at step 100" in texts(view)
    assert read_at(view, 3.0, 0.0).step == 100


@pytest.fixture
def with_rows(simulation, tmp_path):
    """A run with an input and a bias among its layers."""
    layers = simulation.layers_of(3)
    table = (INPUT, layers[0], BIAS, *layers[1:])
    random = np.random.default_rng(0)
    with RunWriter(tmp_path / "rows", layers=table) as writer:
        for step in (0, 100):
            writer.record(step, simulation.measure(table, step, random))
    return tmp_path / "rows.zarr"


def test_rows_that_are_not_layers_are_drawn_if_they_are_checked(
    make_window, qtbot, with_rows
):
    window = make_window(with_rows)
    model = window.layer_list.model
    qtbot.waitUntil(lambda: len(model.root.rows) == 6)
    layers = ("hidden_1", "hidden_2", "hidden_3", "output")
    extra = ("input:x", "hidden_1/bias")

    def check(name, checked):
        states = Qt.CheckState
        state = states.Checked if checked else states.Unchecked
        index = model.index_of_key(name)
        model.setData(index, state, Qt.ItemDataRole.CheckStateRole)

    states = {
        name: model.index_of_key(name).data(Qt.ItemDataRole.CheckStateRole)
        for name in (*layers, *extra)
    }
    assert states == {
        **dict.fromkeys(layers, Qt.CheckState.Checked),
        **dict.fromkeys(extra, Qt.CheckState.Unchecked),
    }
    view = show(window, qtbot, LAYER_CURVES)
    assert first(view).layers == layers
    check("input:x", checked=True)
    qtbot.waitUntil(lambda: first(view).layers == ("input:x", *layers))
    view.options["quantity"].setCurrentText("weight W")
    check("hidden_1/bias", checked=True)
    shown = ("hidden_1", "hidden_1/bias", *layers[1:])
    qtbot.waitUntil(lambda: first(view).layers == ("input:x", *shown)[-5:])
    view = show(window, qtbot, PROFILE)
    assert first(view).layers == ("input:x", *layers[:3])
    window.layer_list.check_listed(checked=True)
    assert window.selection.extra == {"input:x", "hidden_1/bias"}
    window.layer_list.check_listed(checked=False)
    window.layer_list.check_listed(checked=True)
    assert (window.selection.hidden, window.selection.extra) == (set(), set())
    qtbot.waitUntil(lambda: first(view).layers == layers[:3])


def test_the_units_of_a_layer_are_opened_from_the_tree_of_layers(window, qtbot):
    show(window, qtbot, LAYER_CURVES)
    window.selection.set_hidden({"hidden_2"})
    window.layer_list.view.figure_asked.emit("units-at-step", "hidden_2")
    view = window.plot()
    qtbot.waitUntil(lambda: view.has_current_data)
    assert (view.figure.name, first(view).layers) == ("units-at-step", ("hidden_2",))
    assert window.selection.hidden == {"hidden_2"}
    view.options.set_value("layer", None)
    qtbot.waitUntil(lambda: first(view).layers == ("hidden_1", "hidden_3"))
    window.layer_list.view.figure_asked.emit("layer-card", "hidden_3")
    qtbot.waitUntil(lambda: window.plot().has_current_data)
    assert first(window.plot()).layer == "hidden_3"
