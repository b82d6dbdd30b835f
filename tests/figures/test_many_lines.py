"""Many runs and layers: titles count what is drawn, and nothing is lost in silence."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keras_xavier.figures import (
    Histograms,
    LayerCurves,
    Overview,
    OverviewData,
    UpdateRatio,
)
from keras_xavier.statistics import Quantity, Statistic


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def draw(kind, data, **options):
    figure = Figure(figsize=(8, 4.5))
    FigureCanvasAgg(figure)
    plot = kind(figure)
    plot.update(data, **options)
    figure.draw_without_rendering()
    return plot


def curves(layer_curves, counts, **options):
    """Runs with the given numbers of layers."""
    return [
        replace(layer_curves(layers=count, **options), run=f"run_{i}", index=i)
        for i, count in enumerate(counts)
    ]


def counted_in(title, noun):
    """The drawn number and the number of all in a title."""
    if found := re.search(rf"([\d,]+) of ([\d,]+) {noun}", title):
        return tuple(map(int, found.groups()))
    found = re.search(rf"([\d,]+) {noun}", title)
    return None if found is None else (int(found[1]),) * 2


@settings(
    deadline=None,
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.integers(1, 16), min_size=1, max_size=15),
    st.sampled_from(["auto", "together", "layers", "runs"]),
    st.integers(0, 2),
    st.none() | st.sets(st.integers(1, 16), min_size=1),
)
def test_titles_count_what_is_drawn(layer_curves, counts, panels, page, numbers):
    visible = None if numbers is None else {f"hidden_{i}" for i in numbers}
    data = curves(layer_curves, counts, records=3)
    plot = draw(LayerCurves, data, panels=panels, page=page, visible=visible)
    title = plot.figure.texts[0].get_text()
    drawn = {
        (run, data[run].layers[layer])
        for run, layer in plot._artists
        if len(plot._artists[run, layer].line.get_xdata())
    }
    runs, layers = {run for run, _ in drawn}, {name for _, name in drawn}
    every = {name for one in data for name in one.layers}
    if len(data) > 1:
        assert counted_in(title, "runs") == (len(runs), len(data))
    found = counted_in(title, "layers")
    assert (found or (len(every),) * 2) == (len(layers), len(every))


def test_each_of_many_panels_has_bands(layer_curves):
    plot = draw(LayerCurves, curves(layer_curves, [6] * 12))
    assert all(drawn.band is not None for drawn in plot._artists.values())
    assert "mean ± standard deviation" in texts(plot.figure)
    assert "no bands" not in texts(plot.figure)


def test_the_title_promises_no_bands_where_there_are_none(layer_curves):
    plot = draw(LayerCurves, curves(layer_curves, [21]))
    assert plot.figure.texts[0].get_text() == "Activation: mean  ·  run_0"
    plot = draw(LayerCurves, curves(layer_curves, [21, 2]))
    assert "mean ± standard deviation" in texts(plot.figure)
    assert "in some panels no bands, as there are more than 20" in texts(plot.figure)


@pytest.mark.parametrize(
    ("band", "layers", "scale"),
    [
        ("std", 15, "symlog"),
        ("percentiles", 15, "symlog"),
        # Means without bands are on both sides of 0, where a symlog axis misleads.
        ("std", 40, "linear"),
        ("p98-and-std", 40, "log"),
        ("unit-std", 40, "log"),
    ],
)
def test_the_automatic_axis_loses_no_layer(layer_curves, band, layers, scale):
    # Each layer is half as large as the layer before.
    data = layer_curves(layers=layers, quantity="weight_gradient")
    plot = draw(LayerCurves, replace(data, unit_std=data.std), band=band)
    assert "outside" not in texts(plot.figure).replace("partly outside", "")
    assert plot.figure.axes[0].get_yscale() == scale


def test_layers_of_similar_size_have_a_linear_axis(layer_curves):
    plot = draw(LayerCurves, layer_curves(layers=4, quantity="weight_gradient"))
    assert plot.figure.axes[0].get_yscale() == "linear"
    exported = plot.export()
    assert exported.axes[0].get_ylim() == plot.figure.axes[0].get_ylim()


def test_the_scale_stays_while_the_user_has_zoomed(layer_curves):
    plot = draw(LayerCurves, layer_curves(layers=2, quantity="weight_gradient"))
    plot.figure.axes[0].set_xlim(100, 200)
    far = layer_curves(layers=2, quantity="weight_gradient")
    far.mean[:, 1] += 1e5
    plot.update(far)
    assert plot.figure.axes[0].get_yscale() == "linear"
    plot.reset_view()
    assert plot.figure.axes[0].get_yscale() == "symlog"


def test_98th_percentiles_of_many_layers_are_visible(layer_curves):
    plot = draw(LayerCurves, layer_curves(layers=25), band="p98-and-std")
    assert {drawn.marks.get_marker() for drawn in plot._artists.values()} != {""}
    assert all(drawn.marks.get_marker() for drawn in plot._artists.values())


@pytest.mark.parametrize("panels", ["together", "layers", "runs"])
@pytest.mark.parametrize("layers", [3, 25])
def test_the_legend_looks_like_the_lines(layer_curves, panels, layers):
    data = curves(layer_curves, [layers, layers])
    plot = draw(LayerCurves, data, panels=panels)
    markers = {drawn.line.get_marker() for drawn in plot._artists.values()}
    handles = plot.figure.legends[0].legend_handles
    shown = {handle.get_marker() for handle in handles}
    # In one panel, entries of runs show only the color.
    assert shown - {"None", ""} <= markers - {"None", ""}
    if panels == "together":
        looks = [(h.get_linestyle(), h.get_marker()) for h in handles[:-2]]
        alike = "some layers look alike" in texts(plot.figure)
        assert alike == (layers == 25)
        assert len(looks) == len({*looks}) == (0 if alike else layers)


def test_layers_are_listed_in_model_order(layer_curves, counted):
    names = [f"hidden_{i}" for i in range(1, 5)]
    data = [
        replace(
            layer_curves(layers=count + 1),
            layers=(*names[:count], "output"),
            run=f"run_{count}",
            index=count,
        )
        for count in (3, 4)
    ]
    plot = draw(LayerCurves, data, panels="together")
    legend = [text.get_text() for text in plot.figure.legends[0].get_texts()]
    assert legend[:5] == [*names, "output"]


def test_histograms_have_no_markers_in_the_legend(counted):
    one = counted(np.arange(9.0), np.arange(9.0))
    data = [replace(one, run=run, index=i) for i, run in enumerate("ab")]
    plot = draw(Histograms, data, panels="layers")
    handles = plot.figure.legends[0].legend_handles
    assert {handle.get_marker() for handle in handles} <= {"None", ""}


@pytest.mark.parametrize("ratio", [1e-7, 1e-3, 5.0])
def test_the_usual_update_ratios_are_in_view(layer_curves, ratio):
    data = layer_curves(quantity="weight_update")
    plot = draw(UpdateRatio, replace(data, ratio=np.full(data.mean.shape, ratio)))
    low, high = plot.figure.axes[0].get_ylim()
    assert low < 1e-4 < 1e-2 < high
    assert low < ratio < high
    assert "rule of thumb" in [one.get_text() for one in plot.figure.axes[0].texts]
    assert "shaded: usual values, 10⁻⁴ to 10⁻²" in texts(plot.figure)


def test_theory_is_not_claimed_where_it_has_no_prediction(layer_curves):
    data = layer_curves(layers=2)
    reason = "theory: it covers chains of dense layers, not conv2d (Conv2D)"
    unknown = replace(
        data,
        predicted={Statistic.STD: np.full(2, np.nan)},
        theory_remarks={Statistic.STD: reason},
    )
    plot = draw(LayerCurves, unknown)
    legend = [text.get_text() for text in plot.figure.legends[0].get_texts()]
    assert legend == ["hidden_1", "hidden_2"]
    assert reason in texts(plot.figure)
    assert "measured / theory" not in texts(plot.figure)
    known = replace(data, predicted={Statistic.STD: data.std[0] / 2}, run="mlp")
    plot = draw(LayerCurves, [known, replace(unknown, run="cnn")], panels="runs")
    assert f"cnn: {reason}" in texts(plot.figure)
    assert "measured / theory 2.00 at step 0" in texts(plot.figure)


def test_cells_of_each_page_belong_to_its_runs():
    from keras_xavier.figures.reading import readable

    runs = [
        OverviewData(
            *(Quantity.ACTIVATION, Statistic.STD, ("hidden_1",)),
            *(np.arange(3), np.full((3, 1), 1.0 + i), f"run_{i}"),
        )
        for i in range(14)
    ]
    plot = draw(Overview, runs, page=1)
    shown = [axes.get_title(loc="left") for axes in plot.layout.axes]
    assert [runs[group.run].run for group in readable(plot)] == shown
