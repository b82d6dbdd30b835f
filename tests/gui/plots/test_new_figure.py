"""A figure that is defined once appears in the app as a tab."""

from typing import ClassVar

import pytest
from plot_tabs import read_at

from keras_xavier.figure_spec import FIGURES, Example, Facet, FigureDefinition, Option
from keras_xavier.figures.histograms import Histograms
from keras_xavier.figures.registry import PLOTS
from keras_xavier.statistics import Quantity
from keras_xavier_gui import plots
from keras_xavier_gui.plots.controls import merge_options, with_mnemonic

LAYER = Option(
    *("layer", str, None, "Layer:", "layer to draw"), is_subject=True, is_read=True
)
DEFINITION = FigureDefinition(
    name="one-layer",
    title="One layer",
    summary="Draws the histogram of one layer.",
    shows="The histogram of one layer.",
    look_for="Look for two humps.",
    options=(
        LAYER,
        FIGURES["histograms"].option("step"),
        FIGURES["histograms"].option("scale"),
        FIGURES["histograms"].option("full_range"),
    ),
    example=Example(("tanh-standard",), "An example."),
)


class OneLayer(Histograms):
    name = "one-layer"
    fixed: ClassVar = {
        "quantity": Quantity.ACTIVATION,
        "panels": Facet.AUTO,
        "layers": None,
    }
    layers_read: ClassVar = []

    @classmethod
    def read(cls, runs, options):
        cls.layers_read.append(options.layer)
        return super().read(runs, options)


@pytest.fixture
def window(make_window, monkeypatch, simulation, tmp_path, qtbot):
    """A window with a tab for the new figure, which is shown."""
    monkeypatch.setitem(FIGURES, DEFINITION.name, DEFINITION)
    monkeypatch.setitem(PLOTS, OneLayer.name, OneLayer)
    monkeypatch.setattr(plots, "PLOT_TABS", tuple(plots.plot_tabs()))
    monkeypatch.setattr(OneLayer, "layers_read", [])
    simulation.write(str(tmp_path / "tanh"), records=4, layers=3)
    made = make_window(tmp_path / "tanh.zarr")
    titles = [made.tabs.tabText(i) for i in range(made.tabs.count())]
    (place,) = [
        i for i, one in enumerate(titles) if "One layer" in one.replace("&", "")
    ]
    made.tabs.setCurrentIndex(place)
    qtbot.waitUntil(lambda: made.plot() is not None and made.plot().data is not None)
    return made


def test_the_figure_is_read_and_drawn_with_its_options(window, qtbot):
    view = window.plot()
    assert isinstance(view.plot, OneLayer)
    assert view.data[0].step == 300
    view.options["scale"].setCurrentText("symlog")
    assert view.plot.options.scale == "symlog"
    view.options["full_range"].setChecked(True)
    assert view.plot.options.full_range
    window.selection.go_to(100)
    qtbot.waitUntil(lambda: view.data[0].step == 100)


def test_the_choices_are_the_layers_of_the_selected_run(window, qtbot):
    view = window.plot()
    box = view.options["layer"]
    layers = [box.itemText(row) for row in range(box.count())]
    assert layers == ["automatic", "hidden_1", "hidden_2", "hidden_3", "output"]
    assert OneLayer.layers_read[-1] is None
    box.setCurrentText("hidden_3")
    qtbot.waitUntil(lambda: OneLayer.layers_read[-1] == "hidden_3")


def test_the_figure_has_help_a_description_and_values_at_the_mouse(window):
    view = window.plot()
    assert view.help == "The histogram of one layer. Look for two humps."
    assert view.canvas.accessibleDescription().startswith("One layer.")
    reading = read_at(view, 0.5, 0.5, shares=True)
    assert (reading.layer[:7], reading.step) == ("hidden_", 300)


def test_figures_that_share_a_tab_share_their_controls():
    curves = [FIGURES[name] for name in plots.SHARED["Layer curves"]]
    merged = {one.name: one for one in merge_options(curves)}
    assert list(merged) == [
        *("quantity", "band", "panels", "scale", "smoothing", "log_steps"),
        *("full_range", "theory"),
    ]
    # The update ratio has a different default scale.
    assert list(merged["scale"].choices) == ["auto", "linear", "log", "symlog"]
    assert merged["scale"].default == "auto"


def test_a_mnemonic_is_an_unused_letter():
    taken = {"o"}
    assert with_mnemonic("One layer", taken) == "O&ne layer"
    assert with_mnemonic("No", taken) == "No"
