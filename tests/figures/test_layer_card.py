"""All quantities of one layer at one step."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier import figures
from keras_xavier.figures import DARK, LIGHT
from keras_xavier.figures.layer_card import LayerCard, layer_card_data
from keras_xavier.statistics import Quantity, Statistic


@pytest.fixture
def draw(figure):
    def make(*data, **options):
        plot = LayerCard(figure)
        plot.update(data, **options)
        figure.canvas.draw()
        return plot

    return make


def panel(plot, quantity):
    return plot.layout.axes[list(Quantity).index(quantity)]


def texts(axes):
    return "\n".join(text.get_text() for text in axes.texts if text.get_text())


def test_all_quantities_of_the_layer_are_read(record):
    run = record()
    data = layer_card_data(run, -1, "hidden_1", index=3)
    assert (data.run, data.layer, data.step, data.index) == ("tanh", "hidden_1", 8, 3)
    assert data.is_last
    for quantity in Quantity:
        np.testing.assert_array_equal(
            data.counts[quantity], run.read_histogram(quantity, -1)[1]
        )
        std = run.read_statistics(quantity, "std")[-1, 1]
        assert data.statistics[quantity][Statistic.STD] == std


def test_the_default_is_the_first_layer_with_the_most_quantities(record):
    assert layer_card_data(record(), 0).layer == "hidden_1"


def test_each_quantity_has_a_panel_with_its_statistics(draw, record):
    data = layer_card_data(record(), -1, "hidden_1")
    plot = draw(data)
    titles = [axes.get_title(loc="left") for axes in plot.layout.axes]
    assert titles == [one.label for one in Quantity]
    assert panel(plot, Quantity.ACTIVATION).get_xlabel() == "z = φ(s)"
    std = data.statistics[Quantity.WEIGHT][Statistic.STD]
    assert f"std {std:.3g}" in texts(panel(plot, Quantity.WEIGHT))
    assert "NaN or ±Inf 0%" in texts(panel(plot, Quantity.WEIGHT))
    assert plot.figure.texts[0].get_text() == "Layer hidden_1 at step 8  ·  tanh"


def test_the_panel_of_an_absent_quantity_shows_the_reason(draw, record):
    plot = draw(layer_card_data(record(), 0, "flatten"))
    axes = panel(plot, Quantity.WEIGHT)
    assert texts(axes) == "not recorded: it has no\nweights"
    assert not any(patch.get_visible() for patch in axes.patches)
    columns = plot.table().columns
    row = columns["quantity"].tolist().index("weight")
    assert columns["absent"][row] == "it has no weights"
    assert np.isnan(columns["std"][row])


def test_runs_differ_in_color_and_line_style(draw, record):
    runs = [record(), record((0, 8), name="wide", scale=3.0)]
    plot = draw(*(layer_card_data(run, -1, index=i) for i, run in enumerate(runs)))
    axes = panel(plot, Quantity.ACTIVATION)
    colors = [to_hex(patch.get_edgecolor()) for patch in axes.patches]
    assert colors == [LIGHT.run_color(0), LIGHT.run_color(1)]
    assert axes.patches[0].get_linestyle() != axes.patches[1].get_linestyle()
    assert [text.get_color() for text in axes.texts] == colors
    named = [text.get_text() for text in plot.figure.legends[0].get_texts()]
    assert named == ["tanh", "wide"]


def test_histograms_are_below_the_statistics(draw, record):
    plot = draw(layer_card_data(record(), -1, "hidden_1"))
    for axes in plot.layout.axes:
        heights = axes.patches[0].get_data().values
        top = axes.transData.transform((0, heights.max()))[1]
        lowest = min(text.get_window_extent().y0 for text in axes.texts)
        assert heights.max() > 0.3
        assert top <= lowest + 1


def test_statistics_stay_in_their_panel_of_a_narrow_figure(draw, record):
    data = layer_card_data(record(), -1, "hidden_1")
    plot = draw(data)
    wide = texts(panel(plot, Quantity.WEIGHT))
    plot.figure.set_size_inches(5.5, 6.0)
    plot.figure.canvas.draw()
    for axes in plot.layout.axes:
        right = max(text.get_window_extent().x1 for text in axes.texts)
        assert right <= axes.bbox.x1 + 0.1 * axes.bbox.width
    assert texts(panel(plot, Quantity.WEIGHT)) != wide
    plot.figure.set_size_inches(5.5, 3.5)
    plot.figure.canvas.draw()
    for axes in plot.layout.axes:
        lowest = min(text.get_window_extent().y0 for text in axes.texts)
        assert lowest > axes.bbox.y0


def test_narrow_panels_have_symbols_as_titles(draw, record):
    def titles(plot):
        plot.figure.canvas.draw()
        return [axes.get_title(loc="left") for axes in plot.layout.axes]

    plot = draw(layer_card_data(record(), -1, "hidden_1"))
    plot.figure.set_size_inches(12, 6)
    assert titles(plot)[: len(Quantity)] == [one.label for one in Quantity]
    plot.figure.set_size_inches(5, 6)
    narrow = titles(plot)
    assert narrow[2] == Quantity.PREACTIVATION_GRADIENT.symbol
    assert not any("…" in title for title in narrow)


def test_the_legend_of_many_runs_is_not_wider_than_a_panel(draw, record):
    data = layer_card_data(record(), -1, "hidden_1")
    names = [
        f"{name}-{initializer}-seed{seed}"
        for name in ("sigmoid", "tanh", "softsign")
        for initializer in ("glorot_uniform", "standard")
        for seed in range(3)
    ]
    plot = draw(*(replace(data, run=name, index=i) for i, name in enumerate(names)))
    plot.figure.set_size_inches(9, 6)
    plot.figure.canvas.draw()
    legend = plot.layout.legend
    assert legend.get_window_extent().width < 0.23 * plot.figure.bbox.width
    assert len({text.get_text() for text in legend.get_texts()}) == len(names)


def test_a_live_run_updates_the_same_artists(draw, record):
    run = record()
    plot = draw(layer_card_data(run, 0))
    before = [patch for axes in plot.layout.axes for patch in axes.patches]
    plot.update(layer_card_data(run, -1))
    plot.figure.canvas.draw()
    assert [p for axes in plot.layout.axes for p in axes.patches] == before
    assert "at step 8" in plot.figure.texts[0].get_text()


def test_a_view_and_its_scale_are_exported(figure, record):
    plot = LayerCard(figure, style=DARK)
    plot.update(layer_card_data(record(), -1), scale="symlog")
    panel(plot, Quantity.WEIGHT).set_xlim(-0.5, 0.5)
    exported = plot.export()
    weights = exported.axes[list(Quantity).index(Quantity.WEIGHT)]
    assert weights.get_xlim() == (-0.5, 0.5)
    assert weights.get_xscale() == "symlog"


def test_the_function_names_the_allowed_layers_and_steps(record):
    run = record()
    assert figures.layer_card(run, layer="output", step=0).axes
    with pytest.raises(ValueError, match=r"hidden_9\. Allowed: flatten, hidden_1"):
        figures.layer_card(run, layer="hidden_9")
    with pytest.raises(ValueError, match="Step 3 was not recorded"):
        figures.layer_card(run, step=3)
    empty = record([])
    figures.layer_card(empty).draw_without_rendering()
