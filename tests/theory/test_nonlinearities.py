"""The NumPy functions are those that networks are made of."""

import numpy as np
import pytest

from keras_xavier import activations
from keras_xavier.theory.nonlinearities import NONLINEARITIES, nonlinearity

S = np.linspace(-6, 6, 1200)
"""Without 0, where some slopes jump."""


def test_every_activation_of_the_package_has_one():
    assert {*NONLINEARITIES} == {*activations.ACTIVATIONS, "linear"}


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_it_computes_what_the_keras_activation_does(name):
    phi = nonlinearity(name)
    expected = np.asarray(activations.get(name)(S.astype("float32")))
    np.testing.assert_allclose(phi.function(S), expected, atol=2e-6)
    slopes = activations.facts(name).slope(S.astype("float32"))
    np.testing.assert_allclose(phi.slope(S), np.asarray(slopes), atol=2e-6)


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_the_slope_is_that_of_the_function(name):
    phi = nonlinearity(name)
    own = nonlinearity(phi.function)
    smooth = np.all([np.abs(S - kink) > 1e-5 for kink in phi.kinks or [np.inf]], axis=0)
    np.testing.assert_allclose(phi.slope(S[smooth]), own.slope(S[smooth]), atol=1e-6)


def test_an_unknown_name_is_answered_with_those_allowed():
    with pytest.raises(ValueError, match=r"tanh.*Received: activation='swash'"):
        nonlinearity("swash")
