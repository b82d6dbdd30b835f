"""Claims are seen where they hold, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from keras_xavier.paper.claims import CLAIMS
from keras_xavier.paper.schemes import (
    SCHEMES,
    SIGMOID,
    SOFTSIGN,
    SOFTSIGN_N,
    TANH,
    TANH_N,
)
from keras_xavier.statistics import Quantity, Statistic

MEAN = (Quantity.ACTIVATION, Statistic.MEAN)
STD = (Quantity.ACTIVATION, Statistic.STD)
P98 = (Quantity.ACTIVATION, Statistic.P98)
GRADIENT_STD = (Quantity.PREACTIVATION_GRADIENT, Statistic.STD)
WEIGHT_GRADIENT_STD = (Quantity.WEIGHT_GRADIENT, Statistic.STD)
RECORDS = 101
TIME = np.linspace(0, 1, RECORDS)[:, np.newaxis]
DEPTH = np.arange(5)
CHECKS = {claim.name: claim.check for claim in CLAIMS}
ROOT_3 = 3**-0.5


def test_each_claim_says_where_the_paper_has_it():
    assert len(CLAIMS) == len(CHECKS) == 18
    for claim in CLAIMS:
        assert claim.statement.endswith(".")
        assert claim.place[0].isdigit()


def sigmoid(low=True, leaves=True):
    top = np.full((RECORDS, 1), 0.5)
    top[2:] = 0.02 if low else 0.45
    means = np.hstack([np.full((RECORDS, 3), 0.6), top])
    spread = np.full((RECORDS, 4), 0.08)
    spread[2:60, -1] = 0.001
    spread[60:, -1] = 0.02 if leaves else 0.001
    return {MEAN: means, STD: spread}


def test_a_sigmoid_network_is_stuck_and_gets_away(reproduction, write_run):
    errors = [0.83] * 5 + [0.6] * 5
    write_run(SIGMOID, sigmoid(), errors=errors, layers=4)
    for name in (
        "sigmoid-top-layer-goes-to-zero",
        "lower-sigmoid-layers-stay",
        "error-stays-at-chance",
        "sigmoid-leaves-saturation",
    ):
        verdict = CHECKS[name](reproduction)
        assert verdict.seen, verdict


def test_one_that_learns_at_once_is_not_stuck(reproduction, write_run):
    write_run(SIGMOID, sigmoid(low=False), errors=[0.5, 0.3], layers=4)
    assert not CHECKS["sigmoid-top-layer-goes-to-zero"](reproduction).seen
    assert not CHECKS["lower-sigmoid-layers-stay"](reproduction).seen
    assert not CHECKS["error-stays-at-chance"](reproduction).seen


def test_one_that_stays_stuck_does_not_get_away(reproduction, write_run):
    write_run(SIGMOID, sigmoid(leaves=False), errors=[0.83, 0.5], layers=4)
    assert not CHECKS["sigmoid-leaves-saturation"](reproduction).seen
    assert not CHECKS["error-stays-at-chance"](reproduction).seen


@pytest.mark.parametrize(
    ("delays", "seen"),
    [
        ((0.1, 0.3, 0.5, 0.7, 0.9), True),
        ((0.1, 0.3, 2.0, 2.0, 2.0), True),
        ((0.1, 2.0, 2.0, 2.0, 2.0), False),
        ((0.9, 0.7, 0.5, 0.3, 0.1), False),
        ((0.1, 0.3, 2.0, 0.2, 2.0), False),
    ],
)
def test_tanh_saturates_from_the_bottom_or_not(reproduction, write_run, delays, seen):
    write_run(TANH, {P98: np.where(delays <= TIME, 0.99, 0.3)})
    assert CHECKS["tanh-saturates-in-turn"](reproduction).seen is seen


def test_layers_that_grow_together_do_so(reproduction, write_run):
    together = {P98: 0.2 + 0.6 * np.minimum(TIME * 4, 1) * np.ones(5)}
    in_turn = {P98: np.where(TIME >= 0.18 * DEPTH, 0.99, 0.3)}
    write_run(SOFTSIGN, together)
    write_run(TANH, in_turn)
    assert CHECKS["softsign-layers-move-together"](reproduction).seen


def test_layers_that_grow_in_turn_do_not(reproduction, write_run):
    in_turn = {P98: np.where(TIME >= 0.18 * DEPTH, 0.99, 0.3)}
    write_run(SOFTSIGN, in_turn)
    write_run(TANH, in_turn)
    assert not CHECKS["softsign-layers-move-together"](reproduction).seen


def test_where_activations_end_is_told_apart(reproduction, write_run):
    random = np.random.default_rng(0)
    signs = random.choice([-1, 1], 4000)
    ends = signs * random.uniform(0.96, 1.0, 4000)
    knees = signs * random.uniform(0.55, 0.85, 4000)
    center = random.normal(0, 0.1, 4000)
    write_run(TANH, {}, final=[ends, ends, center, center, center])
    write_run(SOFTSIGN, {}, final=[knees, knees, knees, center, center])
    assert CHECKS["tanh-ends-at-zero-and-one"](reproduction).seen
    assert CHECKS["softsign-ends-in-its-knees"](reproduction).seen


def test_and_so_if_it_is_the_other_way_round(reproduction, write_run):
    random = np.random.default_rng(0)
    signs = random.choice([-1, 1], 4000)
    ends = signs * random.uniform(0.96, 1.0, 4000)
    knees = signs * random.uniform(0.55, 0.85, 4000)
    write_run(TANH, {}, final=[knees] * 5)
    write_run(SOFTSIGN, {}, final=[ends] * 5)
    assert not CHECKS["tanh-ends-at-zero-and-one"](reproduction).seen
    assert not CHECKS["softsign-ends-in-its-knees"](reproduction).seen


FADING = {STD: 0.3 * ROOT_3**DEPTH, GRADIENT_STD: 1e-4 * ROOT_3 ** DEPTH[::-1]}
LEVEL = {STD: 0.3 * 0.95**DEPTH, GRADIENT_STD: 1e-4 * 0.95 ** DEPTH[::-1]}


@pytest.mark.parametrize("as_in_paper", [True, False])
def test_how_signals_change_from_layer_to_layer(reproduction, write_run, as_in_paper):
    write_run(TANH, FADING if as_in_paper else LEVEL)
    write_run(TANH_N, LEVEL if as_in_paper else FADING)
    for name in (
        "activations-shrink-with-standard",
        "gradients-shrink-with-standard",
        "normalized-stays-level",
    ):
        assert CHECKS[name](reproduction).seen is as_in_paper


@pytest.mark.parametrize("as_in_paper", [True, False])
def test_how_far_weight_gradients_are_apart(reproduction, write_run, as_in_paper):
    apart = 1e-3 * np.where(TIME < 0.2, 1.0, 3.0 ** (-DEPTH / 2))
    level = np.full((RECORDS, 5), 1e-3)
    write_run(TANH, {WEIGHT_GRADIENT_STD: apart if as_in_paper else level})
    write_run(TANH_N, {WEIGHT_GRADIENT_STD: level if as_in_paper else apart})
    assert CHECKS["weight-gradients-are-level-at-first"](reproduction).seen
    name = "weight-gradients-diverge-with-standard"
    assert CHECKS[name](reproduction).seen is as_in_paper


def test_weight_gradients_that_are_far_apart_at_first(reproduction, write_run):
    for scheme in (TANH, TANH_N):
        write_run(scheme, {WEIGHT_GRADIENT_STD: 1e-3 * 2.0**DEPTH})
    assert not CHECKS["weight-gradients-are-level-at-first"](reproduction).seen


@pytest.mark.parametrize("as_in_paper", [True, False])
def test_the_order_of_the_schemes(reproduction, write_run, as_in_paper):
    errors = {SOFTSIGN: 0.16, SOFTSIGN_N: 0.15, TANH: 0.27, TANH_N: 0.14, SIGMOID: 0.8}
    if not as_in_paper:
        errors |= {SOFTSIGN: 0.4, TANH: 0.16, TANH_N: 0.15, SIGMOID: 0.3}
    for scheme in SCHEMES:
        for seed in range(2):
            write_run(scheme, {}, errors=[errors[scheme] + 0.02 * seed], seed=seed)
    for name in (
        "normalized-tanh-beats-tanh",
        "softsign-is-robust",
        "sigmoid-is-worst",
    ):
        assert CHECKS[name](reproduction).seen is as_in_paper


def test_what_needs_no_training_is_seen(reproduction):
    assert CHECKS["quadratic-cost-has-more-plateaus"](reproduction).seen


def test_singular_values_are_those_of_the_paper_at_some_width(reproduction):
    wide = replace(reproduction, size=replace(reproduction.size, units=150))
    verdict = CHECKS["jacobian-singular-values"](wide)
    assert verdict.seen, verdict
