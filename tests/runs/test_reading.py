"""Reading several statistics, and histograms of several records, at once."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import QUANTITIES, STATISTICS

RECORDS = 70


@pytest.fixture
def run(write):
    """A run with records in more than one chunk."""
    return open_run(write(records=RECORDS))


@pytest.mark.parametrize("start", [0, 1, 33, RECORDS - 1, RECORDS, RECORDS + 5])
def test_several_statistics_equal_single_ones(run, start):
    names = ("p98", "mean", "saturated")
    together = run.read_several("activation", names, start=start)
    assert together.shape == (max(RECORDS - start, 0), 3, 3)
    assert together.dtype == np.float32
    for i, name in enumerate(names):
        alone = run.read_statistics("activation", name, start=start)
        np.testing.assert_array_equal(together[..., i], alone)


def test_statistics_have_the_requested_order(run, measure):
    found = run.read_several("weight", ["max", "min"])
    expected = measure(10).statistics[QUANTITIES.index("weight")]
    columns = [STATISTICS.index("max"), STATISTICS.index("min")]
    np.testing.assert_array_equal(found[1], expected[:, columns])


def test_no_statistics(run):
    assert run.read_several("weight", []).shape == (RECORDS, 3, 0)


def test_errors_list_the_allowed_names(run):
    with pytest.raises(ValueError, match=r"no statistic 'median'.*Allowed: .*p50"):
        run.read_several("weight", ["mean", "median"])
    with pytest.raises(ValueError, match=r"no quantity 'bias'.*Allowed: .*weight"):
        run.read_several("bias", ["mean"])
    with pytest.raises(ValueError, match="start=-1"):
        run.read_several("weight", ["mean"], start=-1)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, RECORDS - 1)), st.sampled_from(QUANTITIES))
def test_several_histograms_equal_single_ones(run, records, quantity):
    wanted = sorted(records)
    together = run.read_histograms(quantity, wanted)
    assert together.shape == (len(wanted), 3, BIN_COUNT)
    assert together.dtype == np.uint32
    for found, record in zip(together, wanted, strict=True):
        np.testing.assert_array_equal(found, run.read_histogram(quantity, record))


def test_histograms_equal_the_written_ones(run, measure):
    found = run.read_histograms("weight_update", np.array([0, 69]))
    row = QUANTITIES.index("weight_update")
    np.testing.assert_array_equal(found[0], measure(0).histogram[row])
    np.testing.assert_array_equal(found[1], measure(690).histogram[row])


@pytest.mark.parametrize("records", [[-1, 3], [RECORDS], [0, RECORDS], [3, 900]])
def test_missing_record(run, records):
    with pytest.raises(IndexError, match=f"has {RECORDS} records. Received: "):
        run.read_histograms("weight", records)


def test_a_run_without_records(tmp_path, layers):
    RunWriter(tmp_path / "empty", layers=layers).close()
    run = open_run(tmp_path / "empty")
    assert run.read_histograms("weight", []).shape == (0, 3, BIN_COUNT)
    assert run.read_several("weight", ["mean"]).shape == (0, 3, 1)
    with pytest.raises(IndexError, match="has 0 records"):
        run.read_histograms("weight", [0])
