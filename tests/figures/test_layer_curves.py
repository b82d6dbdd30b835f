from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figure_spec import Band
from keras_xavier.figures import LIGHT, LayerCurves, layer_curves_data
from keras_xavier.figures.layer_curves import MOST_BANDS
from keras_xavier.statistics import Statistic
from keras_xavier.theory import predicted_std


def shown(plot):
    """Lines and bands that are visible."""
    (axes,) = plot.figure.axes
    return (
        [line for line in axes.lines if line.get_visible()],
        [band for band in axes.collections if band.get_visible()],
    )


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def band_values(band, steps):
    """Lower and upper end of a band at each step."""
    (path,) = band.get_paths()
    x, y = path.vertices.T
    return (
        [y[np.isclose(x, step)].min() for step in steps],
        [y[np.isclose(x, step)].max() for step in steps],
    )


def test_mean_and_standard_deviation(figure, layer_curves):
    data = layer_curves()
    plot = LayerCurves(figure)
    plot.update(data)
    figure.canvas.draw()
    lines, bands = shown(plot)
    assert len(lines) == len(bands) == 3
    for i, (line, band) in enumerate(zip(lines, bands, strict=True)):
        np.testing.assert_array_equal(line.get_xdata(), data.steps)
        np.testing.assert_allclose(line.get_ydata(), data.mean[:, i])
        low, high = band_values(band, data.steps)
        np.testing.assert_allclose(low, data.mean[:, i] - data.std[:, i], rtol=1e-5)
        np.testing.assert_allclose(high, data.mean[:, i] + data.std[:, i], rtol=1e-5)


def test_percentiles(figure, layer_curves):
    data = layer_curves()
    plot = LayerCurves(figure)
    plot.update(data, band="percentiles")
    figure.canvas.draw()
    lines, bands = shown(plot)
    np.testing.assert_allclose(lines[1].get_ydata(), data.p50[:, 1])
    low, high = band_values(bands[1], data.steps)
    np.testing.assert_allclose(low, data.p2[:, 1], rtol=1e-6)
    np.testing.assert_allclose(high, data.p98[:, 1], rtol=1e-6)
    assert "2nd to 98th percentile" in texts(figure)


def test_an_unknown_band_names_the_allowed_ones(figure, layer_curves):
    with pytest.raises(
        ValueError, match=r"std, percentiles, p98-and-std, .*\. Received: quartiles"
    ):
        LayerCurves(figure).update(layer_curves(), band="quartiles")


def test_title_and_labels_name_the_quantity(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(quantity="preactivation_gradient"))
    figure.canvas.draw()
    assert "Back-propagated gradient: mean ± standard deviation  ·  tanh" in texts(
        figure
    )
    (axes,) = figure.axes
    assert axes.get_ylabel() == "back-propagated gradient ∂C/∂s"
    assert axes.get_xlabel() == "step (updates of the weights)"


def test_layers_keep_their_colors_whichever_are_visible(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(), visible=["hidden_3", "hidden_1"])
    figure.canvas.draw()
    lines, bands = shown(plot)
    colors = LIGHT.layer_colors(3)
    assert [to_hex(line.get_color()) for line in lines] == [colors[0], colors[2]]
    assert len(bands) == 2
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["hidden_1", "hidden_3"]


def test_other_layers_get_new_artists(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(layers=3))
    plot.update(layer_curves(layers=5))
    figure.canvas.draw()
    assert len(shown(plot)[0]) == 5
    assert len(figure.axes[0].lines) == 5


def test_a_bounded_activation_is_shown_within_its_bounds(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(scale=0.01, bounds=(-1.0, 1.0)))
    low, high = figure.axes[0].get_ylim()
    assert -1.1 < low < -1
    assert 1 < high < 1.1


def test_gradients_are_shown_at_their_scale(figure, layer_curves):
    LayerCurves(figure).update(layer_curves(quantity="weight_gradient", scale=1e-12))
    low, high = figure.axes[0].get_ylim()
    assert -3e-12 < low < -1e-12
    assert 1e-12 < high < 3e-12


def test_thousands_of_steps_are_drawn_by_their_extremes(figure, layer_curves):
    data = layer_curves(records=10_000)
    data.mean[5000] = 0.9
    plot = LayerCurves(figure)
    plot.update(data)
    figure.canvas.draw()
    lines, _ = shown(plot)
    assert len(lines[0].get_xdata()) <= 4100
    assert max(lines[0].get_ydata()) == np.float32(0.9)


def test_zooming_in_shows_every_step(figure, layer_curves):
    plot = LayerCurves(figure)
    data = layer_curves(records=10_000)
    plot.update(data)
    figure.canvas.draw()
    figure.axes[0].set_xlim(data.steps[2000], data.steps[2500])
    figure.canvas.draw()
    lines, _ = shown(plot)
    np.testing.assert_array_equal(lines[0].get_xdata(), data.steps[1999:2502])


def test_remarks_distinguish_bands_and_lines_out_of_view(figure, layer_curves):
    data = layer_curves(records=500, quantity="weight_gradient")
    data.std[100] = 1e6
    plot = LayerCurves(figure)
    plot.update(data)
    figure.canvas.draw()
    assert "bands of 3 layers partly outside the axis range" in texts(figure)
    data.mean[100, 0] = 1e6
    plot.update(replace(data))
    figure.canvas.draw()
    assert "bands of 2 layers partly outside the axis range" in texts(figure)
    assert "hidden_1 partly outside the axis range" in texts(figure)


def test_an_outlier_out_of_view_is_in_the_remarks(figure, layer_curves):
    data = layer_curves(records=500, quantity="weight_gradient")
    data.mean[100] = 1e6
    plot = LayerCurves(figure)
    plot.update(data)
    figure.canvas.draw()
    assert figure.axes[0].get_ylim()[1] < 10
    assert "3 layers partly outside the axis range" in texts(figure)
    plot.update(data, full_range=True)
    figure.canvas.draw()
    assert figure.axes[0].get_ylim()[1] > 1e6
    assert "outside" not in texts(figure)


def test_logarithmic_steps_spread_early_steps(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(), log_steps=True)
    figure.canvas.draw()
    (axes,) = figure.axes
    assert axes.get_xscale() == "symlog"
    assert axes.get_xlim()[0] < 0
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(step, 0) for step in (0, 10, 100)])
    )
    assert places[0, 0] == pytest.approx(0.015, abs=0.01)
    assert np.diff(places[:, 0]).min() > 0.2
    plot.update(layer_curves())
    (axes,) = figure.axes
    assert axes.get_xscale() == "linear"
    assert plot.follow


def test_another_quantity_resets_the_view(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves())
    figure.axes[0].set_xlim(1, 2)
    plot.update(layer_curves(quantity="weight"))
    assert plot.follow


def test_non_finite_values_are_in_the_remarks(figure, layer_curves):
    data = layer_curves()
    for values in (data.mean, data.std):
        values[30:, 1] = np.nan
    plot = LayerCurves(figure)
    plot.update(data)
    figure.canvas.draw()
    assert "NaN or ±Inf first at step 300 in hidden_2" in texts(figure)
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_only_nan(figure, layer_curves):
    data = layer_curves()
    nothing = np.full_like(data.mean, np.nan)
    LayerCurves(figure).update(replace(data, mean=nothing, std=nothing))
    figure.canvas.draw()
    assert "No finite values" in texts(figure)


def test_no_records(figure, layer_curves):
    LayerCurves(figure).update(layer_curves(records=0))
    figure.canvas.draw()
    assert "No records yet" in texts(figure)


def test_the_first_records_are_followed(figure, layer_curves):
    plot = LayerCurves(figure)
    for records in (0, 1, 2, 40):
        plot.update(layer_curves(records))
        figure.canvas.draw()
        assert plot.follow
    assert figure.axes[0].get_xlim()[1] > 390


def test_a_single_record_is_visible(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(records=1))
    figure.canvas.draw()
    lines, bands = shown(plot)
    assert lines[0].get_markevery() == [0]
    assert bands[0].get_linewidth()[0] > 0
    assert bands[0].get_paths()
    assert figure.axes[0].get_xlim() == (-1, 1)


def test_no_layer_is_selected(figure, layer_curves):
    LayerCurves(figure).update(layer_curves(), visible=[])
    figure.canvas.draw()
    assert "No layers selected" in texts(figure)


def test_no_layer_has_the_quantity(figure, layer_curves):
    LayerCurves(figure).update(layer_curves(layers=0, quantity="weight"))
    figure.canvas.draw()
    assert "No layer of this run has the quantity weight" in texts(figure)


def test_very_many_layers_have_no_bands(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(layers=MOST_BANDS + 1))
    figure.canvas.draw()
    lines, bands = shown(plot)
    assert len(lines) == MOST_BANDS + 1
    assert not bands
    assert "no bands" in texts(figure)


def test_changing_the_band_keeps_the_view(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves())
    figure.axes[0].set_xlim(100, 200)
    plot.update(layer_curves(), band=Band.PERCENTILES, visible=["hidden_1"])
    assert figure.axes[0].get_xlim() == (100, 200)


@pytest.mark.parametrize("band", ["std", "p98-and-std", "percentiles"])
def test_theory_is_dotted_if_the_spread_is_drawn(figure, layer_curves, band):
    data = layer_curves(layers=2)
    data = replace(data, predicted={Statistic.STD: np.array([0.7, np.nan])})
    plot = LayerCurves(figure)
    plot.update(data, band=band)
    figure.canvas.draw()
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    levels = np.concatenate([np.empty(0), *(line.get_ydata() for line in dashed)])
    levels = np.unique(levels[np.isfinite(levels)])
    mean = data.mean[0, 0]
    expected = {"std": [mean - 0.7, mean + 0.7], "p98-and-std": [0.7]}.get(band, [])
    np.testing.assert_allclose(levels, expected, rtol=1e-6)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert ("theory, before training" in legend) is bool(expected)
    ratio = f"measured / theory {data.std[0, 0] / 0.7:.2f} at step 0"
    assert (ratio in texts(figure)) is bool(expected)
    assert ("theory_std" in plot.table().columns) is bool(expected)


@pytest.mark.parametrize("band", ["unit-std", "cosine", "dead"])
def test_theory_is_dotted_over_the_statistic_that_is_drawn(figure, layer_curves, band):
    data = layer_curves(layers=2)
    values = {"unit_std": 0.3 * data.std, "cosine": 0 * data.std, "dead": 0 * data.std}
    predicted = {
        Statistic.STD: np.array([0.7, 0.7]),
        Statistic.UNIT_STD: np.array([0.2, 0.1]),
        Statistic.COSINE: np.array([0.5, 0.9]),
    }
    remarks = {Statistic.COSINE: "theory: it assumes wide layers"}
    data = replace(data, **values, predicted=predicted, theory_remarks=remarks)
    plot = LayerCurves(figure)
    plot.update(data, band=band)
    figure.canvas.draw()
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    levels = [line.get_ydata().tolist() for line in dashed]
    name = band.replace("-", "_")
    assert levels == [[one] * 2 for one in predicted.get(name, [])]
    assert (f"theory_{name}" in plot.table().columns) is (band != "dead")
    drawn = " ".join(text.get_text() for text in figure.texts)
    assert ("it assumes wide layers" in drawn) is (band == "cosine")


def test_theory_is_read_on_request(record):
    run = record((0, 8))
    assert layer_curves_data(run, "activation").predicted == {}
    predicted = layer_curves_data(run, "activation", theory=True).predicted["std"]
    np.testing.assert_array_equal(predicted, predicted_std(run, "activation").values[0])
