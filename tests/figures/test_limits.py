import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from keras_xavier.figures.limits import (
    FAR,
    NEAR,
    common,
    fit_steps,
    padded,
    reach,
    round_out,
)
from keras_xavier.figures.scales import set_steps_scale


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_limits_are_never_empty(low, height):
    bottom, top = padded(low, low + height)
    assert bottom < top
    assert bottom <= low
    assert low + height <= top


def test_margins_are_equal_on_a_logarithmic_axis():
    low, high = padded(1, 1000, np.log10, lambda x: 10**x, pad=0.1)
    assert 1 / low == pytest.approx(high / 1000)


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("steps", [(0, 0), (0, 1), (0, 1_000_000), (7, 7)])
def test_steps_are_within_their_limits(logarithmic, steps):
    axes = Figure().add_subplot()
    set_steps_scale(axes, logarithmic)
    low, high = fit_steps(axes, *steps)
    assert low < steps[0]
    assert steps[1] < high


def layers(*columns):
    values = np.stack(columns, axis=1)
    return values - 1, values + 1


def test_everything_is_in_view_without_outliers():
    low, high = layers(np.linspace(0, 5, 100), np.linspace(3, 9, 100))
    assert reach(low, high, air=NEAR) == (-1, 10)


def test_one_outlier_does_not_flatten_the_others():
    values = np.linspace(0, 5, 100)
    values[50] = 1e6
    low, high = layers(values)
    assert reach(low, high, air=NEAR)[1] < 15
    assert reach(low, high, air=FAR)[1] < 100
    assert reach(low, high, air=np.inf)[1] == 1e6 + 1


def test_one_wide_layer_of_many_is_not_an_outlier():
    low, high = layers(*[np.linspace(0, 1, 100)] * 50, np.linspace(0, 7, 100))
    assert reach(low, high, air=NEAR) == (-1, 8)


def test_all_of_a_few_steps_are_in_view():
    low, high = layers(np.array([0.0, 0, 0, 1e6]))
    assert reach(low, high, air=NEAR) == (-1, 1e6 + 1)


def test_undefined_values_do_not_count():
    low, high = layers(np.array([np.nan, 0, 5, np.inf]), np.full(4, np.nan))
    assert reach(low, high, air=NEAR) == (-1, 6)
    assert reach(low[:, 1:], high[:, 1:], air=NEAR) == (np.inf, -np.inf)


def test_the_view_fits_most_layers():
    assert common([1, 2, 3, 4, 1000]) == 4
    assert common([1, 2, 4, 8]) == 8
    assert common([1, 1000]) == 1000
    assert common([]) == 0


@settings(deadline=None)
@given(st.floats(-1e3, -1e-12), st.floats(1e-12, 1e3))
def test_rounded_limits_enclose_zero_and_the_values(low, high):
    bottom, top = round_out(low, high)
    assert 1.5 * low <= bottom <= low * (1 - 1e-8)
    assert high * (1 - 1e-8) <= top <= 1.5 * high


def test_rounded_limits():
    assert round_out(-0.011, 0.17) == (-0.012, 0.2)
    assert round_out(0, 0.9) == (0, 1)
    assert round_out(0.95, 1.05) == pytest.approx((0.947, 1.053))
    assert np.isnan(round_out(np.nan, np.nan)).all()


@settings(deadline=None)
@given(
    st.lists(st.floats(-6, 6), min_size=1, max_size=30),
    st.integers(1, 60),
    st.sampled_from([NEAR, FAR, np.inf]),
)
def test_no_layer_is_lost(powers, records, air):
    values = np.linspace(0.9, 1.1, records)[:, np.newaxis] * 10.0 ** np.array(powers)
    low, high = reach(values, values, air=air)
    assert ((low <= values) & (values <= high)).any(axis=0).all()
