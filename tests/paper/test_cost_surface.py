"""The two cost surfaces of figure 5."""

import numpy as np
import pytest

from keras_xavier.paper.cost_surface import CostSurface, cost_surfaces


@pytest.mark.parametrize("seed", range(5))
def test_costs_are_at_chance_if_the_last_weight_is_zero(seed):
    cross_entropy, quadratic = cost_surfaces(seed)
    middle = len(cross_entropy.weights) // 2
    assert cross_entropy.weights[middle] == 0
    np.testing.assert_allclose(cross_entropy.cost[:, middle], np.log(2))
    np.testing.assert_allclose(quadratic.cost[:, middle], 0.25)


def test_costs_do_not_depend_on_the_sign_of_both_weights():
    for surface in cost_surfaces(3):
        np.testing.assert_allclose(surface.cost, surface.cost[::-1, ::-1])


def test_the_quadratic_cost_has_the_larger_plateaus():
    for seed in range(5):
        cross_entropy, quadratic = cost_surfaces(seed)
        assert quadratic.plateau_share() > 2 * cross_entropy.plateau_share()


def test_plateaus_are_areas_with_a_level_cost():
    weights = np.linspace(-1, 1, 21)
    step = np.where(weights > 0.5, 1.0, 0.0)
    surface = CostSurface(weights, np.tile(step, (21, 1)), "step")
    assert 0.8 < surface.plateau_share() < 1
    slope = CostSurface(weights, np.tile(weights, (21, 1)), "slope")
    assert slope.plateau_share() == 0
