import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.binning import finite_bounds, histogram
from keras_xavier.figures.scales import (
    are_readable,
    find_threshold,
    fit_axis,
    set_axis_scale,
)


@pytest.fixture
def bounded(counted):
    """Makes histograms of arrays, with the bounds of their quantity."""

    def make(*arrays, bounds=None):
        limits = bounds or (-np.inf, np.inf)
        quantity = "activation" if bounds else "weight_gradient"
        data = counted(*arrays, quantity=quantity, bounds=limits)
        return [
            (histogram(counts, edges), finite_bounds(data.bounds, i))
            for i, (counts, edges) in enumerate(
                zip(data.counts, data.edges, strict=True)
            )
        ]

    return make


def normal(scale=1.0, size=3000):
    return np.random.default_rng(0).normal(0, scale, size)


def test_a_layer_has_finite_bounds_if_both_bounds_are_finite():
    bounds = ((-1.0, 1.0), (0.0, np.inf), (-np.inf, np.inf))
    assert finite_bounds(bounds, 0) == (-1, 1)
    assert finite_bounds(bounds, 1) is None
    assert finite_bounds(bounds, 2) is None
    assert finite_bounds((), 0) is None


def test_an_automatic_axis_is_symlog_if_layers_are_far_apart(bounded):
    alike, apart = bounded(normal(1), normal(3)), bounded(normal(1), normal(1e-3))
    assert find_threshold(alike, AxisScale.AUTO) is None
    threshold = find_threshold(apart, AxisScale.AUTO)
    # Usual values of the narrowest layer are well beyond the linear part.
    assert 1e-5 < threshold <= 1e-3 / 5
    assert np.log10(threshold) == pytest.approx(round(np.log10(threshold)))


@pytest.mark.parametrize(
    ("reaches", "readable"),
    [
        # Gradients at step 0, from the first layer to the output.
        pytest.param([3e-5, 6e-5, 1e-4, 2e-4, 3e-4, 3e-3], True, id="tanh"),
        pytest.param(
            [3e-5, 5e-5, 1e-4, 2e-4, 3e-4, 3e-3, 3e-4, 4e-4, 5e-4, 6e-4, 6e-4, 3e-3],
            True,
            id="tanh, standard and normalized",
        ),
        pytest.param([3e-7, 2e-6, 1e-5, 8e-5, 3e-3], False, id="sigmoid"),
        pytest.param(
            [3e-7, 2e-6, 1e-5, 8e-5, 3e-3, *[1e-3] * 20], False, id="among others"
        ),
        pytest.param([1.0, 1.0, 1.0, 1.0, 1e3], True, id="one is wide"),
        pytest.param([1.0, 1.0, 1.0, 1.0, 1e-3], False, id="one is narrow"),
    ],
)
def test_an_axis_is_linear_if_all_layers_are_readable(reaches, readable):
    assert are_readable(reaches) is readable


def test_the_selected_scale_is_kept(bounded):
    alike, apart = bounded(normal(1), normal(3)), bounded(normal(1), normal(1e-3))
    assert find_threshold(apart, AxisScale.LINEAR) is None
    assert 1e-2 <= find_threshold(alike, AxisScale.SYMLOG) <= 0.3


def test_bounded_layers_are_symlog_on_request_only(bounded):
    histograms = bounded(np.tanh(normal()), normal(1e-4), bounds=(-1.0, 1.0))
    assert find_threshold(histograms, AxisScale.AUTO) is None
    assert find_threshold(histograms, AxisScale.SYMLOG) < 1e-4


@pytest.mark.parametrize("scale", AxisScale)
@pytest.mark.parametrize("values", [[], [0.0, 0.0], [np.nan, np.inf]])
def test_an_axis_without_values_is_linear_and_finite(bounded, scale, values):
    histograms = bounded(np.array(values))
    assert find_threshold(histograms, scale) is None
    low, high = fit_axis(histograms, None, full_range=False)
    assert low < high
    assert np.isfinite([low, high]).all()


def test_no_histograms():
    assert find_threshold([], AxisScale.SYMLOG) is None
    assert fit_axis([], None, full_range=True) == (0, 1)


def test_usual_values_are_in_view_or_all_of_them(bounded):
    histograms = bounded(np.append(normal(), 300.0))
    low, high = fit_axis(histograms, None, full_range=False)
    assert -4 < low < -2
    assert 2 < high < 4
    assert fit_axis(histograms, None, full_range=True)[1] >= 300


def test_bounds_are_in_view_even_if_the_values_are_narrow(bounded):
    low, high = fit_axis(
        bounded(normal(1e-3), bounds=(-1.0, 1.0)), None, full_range=False
    )
    assert -1.1 < low < -1
    assert 1 < high < 1.1


def test_a_linear_axis_fits_most_layers(bounded):
    histograms = bounded(*[normal(1)] * 5, normal(500))
    assert fit_axis(histograms, None, full_range=False)[1] < 5
    # On a logarithmic axis, all layers are readable.
    assert fit_axis(histograms, 1e-2, full_range=False)[1] > 500


@pytest.mark.parametrize("which", ["x", "y"])
def test_an_axis_becomes_logarithmic_and_linear_again(which):
    axes = Figure().add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    axis = axes.xaxis if which == "x" else axes.yaxis
    other = axes.yaxis if which == "x" else axes.xaxis
    set_axis_scale(axes, which, 1e-3)
    axes.figure.draw_without_rendering()
    assert (axis.get_scale(), other.get_scale()) == ("symlog", "linear")
    assert {-1, 0, 1} <= {round(tick, 9) for tick in axis.get_majorticklocs()}
    set_axis_scale(axes, which, None)
    assert axis.get_scale() == "linear"
