"""When softsign layers are in their knees."""

import numpy as np
import pytest

from keras_xavier.paper.knees import knees_table, periods
from keras_xavier.paper.schemes import SOFTSIGN, SOFTSIGN_N
from keras_xavier.statistics import Quantity, Statistic

SIGNS = np.resize([-1.0, 1.0], 400)
CENTER, KNEES, ENDS = (
    SIGNS * np.linspace(*limits, 400) for limits in ((0, 0.1), (0.61, 0.79), (0.9, 1))
)
UNIT_STD = (Quantity.ACTIVATION, Statistic.UNIT_STD)
SATURATED = (Quantity.ACTIVATION, Statistic.SATURATED)


def passing(record):
    """The first layer passes its knees, the second arrives, the others do not."""
    first = CENTER if record < 20 else KNEES if record < 60 else ENDS
    return [first, CENTER if record < 50 else KNEES, CENTER, CENTER, CENTER]


@pytest.fixture
def softsign(reproduction, write_run):
    values = {UNIT_STD: 0.25, SATURATED: 0.6}
    for scheme in (SOFTSIGN, SOFTSIGN_N):
        for seed in range(2):
            write_run(scheme, values, final=passing, seed=seed)
    return reproduction


def test_periods_in_the_knees(softsign):
    assert periods(softsign.run(SOFTSIGN)) == [
        *("2,000 to 5,900", "from 5,100"),
        *("–", "–", "–"),
    ]


def test_the_table_compares_data_sets_and_initializations(softsign):
    table, _, explanation = knees_table(softsign).partition("\n\n")
    rows = table.splitlines()[2:]
    periods = ["2,000 to 5,900", "from 5,100", "–", "–", "–"]
    ends = ["0, 2, 0, 0, 0 of 2", "60%", "0.10", "0.25"]
    assert [row.strip("| ").split(" | ") for row in rows] == [
        ["Shapeset-3×2", name, "0.1", "10,000", *periods, *ends]
        for name in ("Softsign", "Softsign N")
    ]
    assert explanation.startswith("A layer is in its knees while")


def test_a_network_without_finite_activations_is_never_in_its_knees(
    reproduction, write_run
):
    write_run(SOFTSIGN, {})
    assert periods(reproduction.run(SOFTSIGN)) == ["–"] * 5
