"""Layer curves on logarithmic and symlog axes."""

import warnings

import numpy as np
import pytest

from keras_xavier.figures import LayerCurves


def drawn(figure, data, **options):
    plot = LayerCurves(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


def test_another_scale_of_the_same_quantity_resets_the_view(figure, layer_curves):
    plot = drawn(figure, layer_curves())
    figure.axes[0].set_xlim(100, 200)
    plot.update(layer_curves(), scale="symlog")
    assert plot.follow


def test_a_logarithmic_axis_shows_positive_values_only(figure, layer_curves):
    data = layer_curves()
    data.mean[:, 0] = np.where(np.arange(50) % 2, -0.5, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn(figure, data, scale="log")
    low, high = figure.axes[0].get_ylim()
    assert 0 < low < high
    assert figure.axes[0].get_yscale() == "log"


def test_a_symlog_axis_separates_small_layers(figure, layer_curves):
    data = layer_curves(layers=20, quantity="weight_gradient")
    drawn(figure, data, scale="symlog")
    (axes,) = figure.axes
    ends = [
        axes.transAxes.inverted().transform(axes.transData.transform((0, y)))[1]
        for y in (-data.std[0, 12], data.std[0, 12])
    ]
    assert ends[1] - ends[0] > 0.1


def height_of(axes, value):
    """Height of the band from -value to value, as a share of the axes."""
    places = axes.transData.transform([(0, -value), (0, value)])[:, 1]
    return (places[1] - places[0]) / axes.bbox.height


@pytest.mark.parametrize("before", [0, 50])
def test_a_symlog_axis_fits_new_values(figure, layer_curves, before):
    plot = LayerCurves(figure)
    plot.update(layer_curves(before, quantity="weight"), scale="symlog")
    data = layer_curves(quantity="weight_gradient", scale=1e-6)
    plot.update(data, scale="symlog")
    (axes,) = figure.axes
    assert height_of(axes, 1e-8) > 0.15
    assert height_of(axes, 1e-6) < 0.95


def test_an_export_has_the_same_symmetric_axis(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves(), scale="symlog")
    plot.update(layer_curves(scale=1e-5), scale="symlog")
    exported = plot.export()
    assert height_of(exported.axes[0], 1e-4) == pytest.approx(
        height_of(figure.axes[0], 1e-4)
    )
