import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from keras_xavier.figures.downsampling import Strip
from keras_xavier.figures.out_of_view import describe_out_of_view, in_view
from keras_xavier.figures.scales import set_value_scale


@pytest.fixture(scope="module")
def axes():
    return Figure().add_subplot()


def sampled(x, y, limits):
    """Values of a straight line at many points within limits of x."""
    left, right = max(limits[0], x[0]), min(limits[1], x[-1])
    if left > right:
        return np.empty(0)
    inner = x[(x >= left) & (x <= right)]
    return np.interp(np.union1d(np.linspace(left, right, 2001), inner), x, y)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=12),
    st.integers(-3, 10),
    st.integers(1, 8),
    st.integers(-18, 10),
)
def test_a_line_is_out_of_view_only_if_no_part_is_visible(axes, ys, left, width, low):
    x, y = np.arange(len(ys), dtype=float), np.array(ys, float)
    limits = left - 0.37, left + width + 0.29
    bottom, top = low - 0.013, low + 5.017
    axes.set_xlim(*limits)
    axes.set_ylim(bottom, top)
    seen, whole = in_view(axes, x, y[:, np.newaxis])
    points = sampled(x, y, limits)
    inside = (points >= bottom) & (points <= top)
    if inside.any() or not points.size:
        assert seen[0]
    assert whole[0] == bool(inside.all())
    if seen[0] and points.size and not inside.any():
        # A line that crosses the view may do so between the sampled points.
        assert points.min() < bottom
        assert points.max() > top


def test_values_that_a_logarithmic_axis_lacks_are_outside(axes):
    figure = Figure()
    axes = figure.add_subplot()
    set_value_scale(axes, "log", 1.0)
    axes.set_xlim(0, 3)
    axes.set_ylim(0.1, 10)
    values = np.array([[1.0, 0.0, 1.0], [2.0, 0.0, 0.0], [3.0, 0.0, 1.0]])
    seen, whole = in_view(axes, np.arange(3.0), values)
    assert seen.tolist() == [True, False, True]
    assert whole.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (1, ["hidden_1 outside the axis range", "2 layers partly outside the axis"]),
        (2, ["2 lines outside the axis range", "4 lines partly outside the axis"]),
    ],
)
def test_remarks_name_one_layer_and_count_several(axes, runs, expected):
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 1)
    values = np.array([[5.0, 0.5, 0.5], [6.0, 2.0, 3.0], [7.0, 0.5, 0.5]])
    strip = Strip(np.arange(3.0), values, values, values)
    layers = [(0, "hidden_1"), (1, "hidden_2"), (2, "hidden_3")]
    found = describe_out_of_view(
        axes, [strip] * runs, [layers] * runs, "bands", [set()] * runs
    )
    assert [one[: len(text)] for one, text in zip(found, expected, strict=True)] == (
        expected
    )
