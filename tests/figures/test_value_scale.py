import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures.scales import (
    MOST_DECADES,
    fit_values,
    pad_values,
    set_value_scale,
    threshold_of,
)

NOTHING = np.zeros((0, 2)), np.full((30, 2), np.nan), np.full((5, 0), 1.0)
any_values = arrays(
    float,
    st.tuples(st.integers(0, 30), st.integers(0, 3)),
    elements=st.floats(allow_nan=True, width=32),
)


def axes_with(scale, threshold=1.0):
    axes = Figure().add_axes((0.1, 0.1, 0.8, 0.8))
    set_value_scale(axes, scale, threshold)
    return axes


def fitted(scale, values, air=1.0):
    threshold = threshold_of(values)
    return pad_values(scale, *fit_values(scale, values, values, air=air), threshold)


@pytest.mark.parametrize("scale", AxisScale)
@given(values=any_values)
def test_limits_are_finite_and_ascend_whatever_the_values(scale, values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = fitted(scale, values)
    assert np.isfinite([low, high]).all()
    assert low < high
    assert low > 0 or scale is not AxisScale.LOG


@pytest.mark.parametrize("scale", AxisScale)
@pytest.mark.parametrize("values", NOTHING)
def test_limits_without_values(scale, values):
    assert fitted(scale, values) == ((0.1, 1) if scale is AxisScale.LOG else (0, 1))


@pytest.mark.parametrize("scale", AxisScale)
def test_all_usual_values_are_in_view_with_a_margin(scale):
    values = np.linspace(1, 5, 200).reshape(100, 2)
    low, high = fitted(scale, values)
    assert 0.5 < low < 1
    assert 5 < high < 6


@pytest.mark.parametrize("scale", AxisScale)
def test_an_outlier_does_not_flatten_the_rest(scale):
    values = np.linspace(1, 5, 1000).reshape(500, 2)
    values[7, 0] = 1e30
    low, high = fitted(scale, values)
    assert 0.3 < low < 1
    assert 5 < high < 40
    assert fitted(scale, values, air=np.inf)[1] > 1e30


def test_a_logarithmic_axis_shows_positive_values_without_warnings():
    values = np.array([[-1.0], [0.0], [1e-6], [1e-2]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        low, high = fitted(AxisScale.LOG, values)
        axes = axes_with(AxisScale.LOG)
        axes.set_ylim(low, high)
        (line,) = axes.plot(range(4), values)
        axes.figure.draw_without_rendering()
    assert 1e-7 < low < 1e-6
    assert 1e-2 < high < 1e-1
    path = axes.transData.transform_path(line.get_path()).vertices
    assert np.isfinite(path[:, 1]).tolist() == [False, False, True, True]


def test_the_upper_end_of_a_band_that_begins_below_zero_is_in_view():
    low, high = np.full((50, 1), -1.0), np.full((50, 1), 1e-3)
    bottom, top = fit_values(AxisScale.LOG, low, high, air=1.0)
    assert bottom <= 1e-3 <= top


@pytest.mark.parametrize(
    ("values", "threshold"),
    [
        ([1e-3, 0.02, -0.5], 1e-3),
        ([0.0, 0.0, np.nan, np.inf], 1.0),
        ([], 1.0),
        ([-2e-9, 3e-9], 1e-9),
        # Labels of all these decades would overlap.
        ([1e-30] * 50 + [1.0] * 50, 10.0**-MOST_DECADES),
    ],
)
def test_a_symmetric_axis_is_linear_around_zero_only(values, threshold):
    assert threshold_of(np.array(values)) == pytest.approx(threshold)


def test_a_symmetric_axis_shows_both_sides_and_zero():
    axes = axes_with(AxisScale.SYMLOG, 1e-4)
    axes.set_ylim(-1, 1)
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(0, y) for y in (-1e-2, -1e-4, 0, 1e-4, 1e-2)])
    )[:, 1]
    assert places[2] == pytest.approx(0.5)
    assert (np.diff(places) > 0.05).all()
    assert 0 in axes.get_yticks()


def test_scales_can_follow_one_another():
    axes = axes_with(AxisScale.LINEAR)
    axes.set_ylim(-5, 5)
    formatter = axes.yaxis.get_major_formatter()
    for scale in (AxisScale.LOG, AxisScale.SYMLOG, AxisScale.LINEAR):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            set_value_scale(axes, scale, 0.1)
            axes.figure.draw_without_rendering()
        assert axes.get_yscale() == scale
        assert axes.yaxis.get_major_formatter() is formatter
