import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.step_quality import STEP_QUALITY, step_quality, without_step_quality

numbers = st.floats(-10, 10).map(lambda value: round(value, 3))
positive = st.floats(0.01, 10).map(lambda value: round(value, 3))


def parabola(curvature, slope, height=0.0):
    """Returns losses and slopes of height + slope · t + curvature / 2 · t²."""
    return (height, height + slope + curvature / 2), (slope, slope + curvature)


@given(curvature=positive, slope=positive, height=numbers)
def test_alpha_of_a_parabola_is_its_sharpness_minus_1(curvature, slope, height):
    found = step_quality(*parabola(curvature, -slope, height))
    assert found["step_sharpness"] == pytest.approx(curvature / slope)
    assert found["step_alpha"] == pytest.approx(curvature / slope - 1, abs=1e-6)
    assert found["loss_before"] == height


@given(
    losses=st.tuples(numbers, numbers),
    slopes=st.tuples(numbers, numbers),
    scale=st.sampled_from([1e-6, 1e6]),
)
def test_alpha_follows_from_the_least_squares_fit(losses, slopes, scale):
    rows = [[1, 0, 0], [1, 1, 1], [0, 1, 0], [0, 1, 2]]
    _, slope, half = np.linalg.lstsq(rows, [*losses, *slopes])[0]
    found = step_quality(losses, slopes)["step_alpha"]
    if slopes[1] - slopes[0] > 1e-3 and abs(slope) > 1e-3:
        assert found == pytest.approx(-2 * half / slope - 1, rel=1e-6, abs=1e-6)
        # It has no unit.
        scaled = [[scale * value for value in values] for values in (losses, slopes)]
        assert step_quality(*scaled)["step_alpha"] == pytest.approx(found)
    elif slopes[1] <= slopes[0]:
        assert np.isnan(found)


@pytest.mark.parametrize(
    ("curvature", "slope", "alpha", "sharpness"),
    [
        (1e-6, -1.0, -1, 0),  # too short
        (1.0, -1.0, 0, 1),  # to the minimum
        (2.0, -1.0, 1, 2),  # to the other side
        (3.0, -1.0, 2, 3),  # higher than before
        (1.0, 1.0, -2, np.nan),  # uphill
        (1.0, 0.0, np.nan, np.nan),  # from the minimum
        (-0.5, -1.0, np.nan, -0.5),  # concave
        (0.0, 0.0, np.nan, np.nan),  # no step
        (np.nan, -1.0, np.nan, np.nan),
        (np.inf, -1.0, np.nan, np.nan),
    ],
)
def test_values_and_their_meaning(curvature, slope, alpha, sharpness):
    found = step_quality(*parabola(curvature, slope))
    expected = (alpha, sharpness)
    np.testing.assert_allclose(
        [found["step_alpha"], found["step_sharpness"]], expected, atol=1e-5
    )


def test_names_of_metrics():
    found = step_quality((1.0, 0.5), (-1.0, 0.0))
    assert tuple(found) == STEP_QUALITY
    assert without_step_quality(found | {"loss": 1.0}) == {"loss": 1.0}
