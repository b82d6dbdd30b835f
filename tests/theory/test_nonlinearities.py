"""NumPy functions, compared with the Keras functions."""

import math

import numpy as np
import pytest

from keras_xavier import activations
from keras_xavier.theory.nonlinearities import NONLINEARITIES, NumPyOps, nonlinearity

S = np.linspace(-6, 6, 1200)
"""Without 0, where some slopes jump."""


def test_every_activation_has_a_numpy_function():
    assert {*activations.ACTIVATIONS, "softplus", "linear"} <= {*NONLINEARITIES}


def test_the_error_function_is_accurate():
    s = np.concatenate([np.linspace(-7, 7, 20_001), [1e-12, 1e-300, 1e300, -np.inf]])
    expected = [math.erf(one) for one in s]
    np.testing.assert_allclose(NumPyOps().erf(s), expected, atol=3e-13)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_numpy_and_keras_functions_agree(name):
    phi = nonlinearity(name)
    expected = np.asarray(activations.get(name)(S.astype("float32")))
    np.testing.assert_allclose(phi.function(S), expected, atol=2e-6)
    slopes = activations.facts(name).slope(S.astype("float32"))
    np.testing.assert_allclose(phi.slope(S), np.asarray(slopes), atol=2e-6)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_the_slope_is_the_derivative(name):
    phi = nonlinearity(name)
    own = nonlinearity(phi.function)
    kinks = phi.kinks or [np.inf]
    smooth = np.all([np.abs(S - kink) > 1e-5 for kink in kinks], axis=0)
    np.testing.assert_allclose(phi.slope(S[smooth]), own.slope(S[smooth]), atol=1e-6)


def test_the_error_for_an_unknown_name_lists_the_known_names():
    with pytest.raises(ValueError, match=r"tanh.*Received: activation='swash'"):
        nonlinearity("swash")
