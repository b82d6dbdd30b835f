"""Reading histograms of many steps, and update ratios, from runs."""

import numpy as np
import pytest

from keras_xavier.figures import histograms_over_time_data, layer_curves_data
from keras_xavier.runs import Run
from keras_xavier.statistics import Statistic

FIELDS = ("steps", "counts", "percentiles", "edges")


def assert_same(data, expected):
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(data, name), getattr(expected, name))
    assert (data.layers, data.ends, data.records, data.bounds) == (
        expected.layers,
        expected.ends,
        expected.records,
        expected.bounds,
    )


@pytest.fixture
def counted_reads(monkeypatch):
    """Counts the records whose histograms are read together."""
    read = []
    original = Run.read_histograms

    def reading(self, quantity, records, **options):
        read.append(len(records))
        return original(self, quantity, records, **options)

    monkeypatch.setattr(Run, "read_histograms", reading)
    return read


def test_few_records_are_all_read(record):
    run = record(range(20))
    data = histograms_over_time_data(run, "weight_gradient")
    assert data.layers == ("hidden_1", "output")
    assert data.run == "tanh"
    assert (data.ends, data.records) == ((0, 19), 20)
    np.testing.assert_array_equal(data.steps, run.steps)
    for i in range(20):
        expected = run.read_histogram("weight_gradient", i)[1:]
        np.testing.assert_array_equal(data.counts[i], expected)
    for i, name in enumerate((Statistic.P2, Statistic.P50, Statistic.P98)):
        expected = run.read_statistics("weight_gradient", name)[:, 1:]
        np.testing.assert_array_equal(data.percentiles[..., i], expected)
    np.testing.assert_array_equal(data.edges, run.edges("weight_gradient")[1:])


@pytest.mark.parametrize("most", [2, 7, 20, 59, 60, 61])
@pytest.mark.parametrize("log_steps", [False, True])
def test_the_number_of_records_is_limited_and_includes_both_ends(
    record, most, log_steps
):
    run = record(np.arange(60) ** 2)
    data = histograms_over_time_data(run, "weight", most=most, log_steps=log_steps)
    assert 2 <= len(data.steps) <= most
    assert (data.steps[0], data.steps[-1]) == (0, 59**2)
    assert (np.diff(data.steps) > 0).all()
    assert data.records == 60
    whole = histograms_over_time_data(run, "weight", most=1000)
    chosen = np.isin(whole.steps, data.steps)
    np.testing.assert_array_equal(data.counts, whole.counts[chosen])
    np.testing.assert_array_equal(data.percentiles, whole.percentiles[chosen])


def test_steps_are_evenly_spaced_along_the_axis(record):
    run = record(range(0, 1000, 4))
    linear = histograms_over_time_data(run, "weight", most=11).steps
    assert np.diff(linear) == pytest.approx(99.6, abs=4)
    log = histograms_over_time_data(run, "weight", most=11, log_steps=True).steps
    assert np.median(log) < 50


@pytest.mark.parametrize(
    ("between", "steps"),
    [
        ((20, 40), [20, 30, 40]),
        ((21, 39), [20, 30, 40]),
        ((33, 34), [30, 40]),
        ((-50, 5), [0, 10]),
        ((85, 900), [80, 90]),
        ((500, 900), [90]),
        ((-9, -5), [0]),
    ],
)
def test_only_steps_in_view_and_one_before_are_read(record, between, steps):
    run = record(range(0, 100, 10))
    data = histograms_over_time_data(run, "weight", between=between)
    assert data.steps.tolist() == steps
    assert data.records == len(steps)
    assert data.ends == (0, 90)


def test_a_view_of_many_steps_is_downsampled_too(record):
    run = record(range(100))
    data = histograms_over_time_data(run, "weight", between=(20, 80), most=7)
    assert data.steps.tolist() == [20, 30, 40, 50, 60, 70, 80]
    assert data.records == 61


def test_layers_can_be_selected(record):
    run = record()
    data = histograms_over_time_data(run, "activation", layers=["output"])
    every = histograms_over_time_data(run, "activation")
    assert data.layers == ("output",)
    np.testing.assert_array_equal(data.counts, every.counts[:, 2:])
    np.testing.assert_array_equal(data.percentiles, every.percentiles[:, 2:])
    assert data.bounds == every.bounds[2:]


def test_records_read_before_are_kept(record, counted_reads):
    previous = histograms_over_time_data(record(range(10)), "weight")
    run = record(range(14))
    expected = histograms_over_time_data(run, "weight")
    counted_reads.clear()
    data = histograms_over_time_data(run, "weight", previous=previous)
    assert counted_reads == [4]
    assert_same(data, expected)


def test_records_read_for_another_view_are_kept(record, counted_reads):
    run = record(range(100))
    previous = histograms_over_time_data(run, "weight", most=11)
    options = {"between": (10, 60), "most": 6}
    expected = histograms_over_time_data(run, "weight", **options)
    counted_reads.clear()
    data = histograms_over_time_data(run, "weight", **options, previous=previous)
    assert counted_reads[0] < len(expected.steps)
    assert_same(data, expected)


@pytest.mark.parametrize(
    ("steps", "scale"),
    [(range(4), 1.0), (range(0, 30, 3), 1.0), (range(10), 2.0), (range(12), 2.0)],
    ids=["shorter", "other steps", "other values", "longer with other values"],
)
def test_an_overwritten_run_is_read_again(steps, scale, record):
    previous = histograms_over_time_data(record(range(10)), "weight")
    run = record(steps, scale=scale)
    data = histograms_over_time_data(run, "weight", previous=previous)
    assert_same(data, histograms_over_time_data(run, "weight"))


def test_another_quantity_or_other_layers_are_read_again(record):
    run = record()
    previous = histograms_over_time_data(run, "activation", layers=["output"])
    for quantity, layers in (("weight", ["output"]), ("activation", None)):
        expected = histograms_over_time_data(run, quantity, layers=layers)
        data = histograms_over_time_data(
            run, quantity, layers=layers, previous=previous
        )
        assert_same(data, expected)


def test_records_can_follow_an_empty_run(record):
    empty = record([])
    previous = histograms_over_time_data(empty, "weight", between=(0, 9))
    assert len(previous.steps) == previous.records == 0
    assert previous.counts.shape[:2] == (0, 2)
    run = record([0, 1])
    data = histograms_over_time_data(run, "weight", previous=previous)
    assert_same(data, histograms_over_time_data(run, "weight"))


def test_no_record_of_an_overwritten_run_remains(record):
    previous = histograms_over_time_data(record(), "weight")
    data = histograms_over_time_data(record([]), "weight", previous=previous)
    assert len(data.steps) == 0


def test_update_ratios_equal_the_ratios_of_the_run(record):
    run = record(scale=1e-3)
    data = layer_curves_data(run, "weight_update")
    expected = run.update_ratio().sel(layer=list(data.layers))
    np.testing.assert_allclose(data.ratio, expected, rtol=1e-5)
    # The first layer has no weights.
    assert np.isnan(data.ratio[:, 0]).all()
    assert (data.ratio[:, 1:] > 0).all()


def test_only_weight_updates_have_a_ratio(record):
    assert layer_curves_data(record(), "weight").ratio is None


def test_ratios_of_later_records_are_appended(record):
    previous = layer_curves_data(record(range(3)), "weight_update")
    run = record(range(6))
    data = layer_curves_data(run, "weight_update", previous=previous)
    expected = layer_curves_data(run, "weight_update")
    np.testing.assert_array_equal(data.ratio, expected.ratio)
    np.testing.assert_array_equal(data.saturated, expected.saturated)


def test_records_nearest_to_given_steps_are_read(record):
    run = record(range(0, 100, 10))
    data = histograms_over_time_data(run, "weight", near=np.array([3, 48, 52, 500]))
    assert data.steps.tolist() == [0, 50, 90]
    assert data.records == 10
    every = histograms_over_time_data(run, "weight")
    np.testing.assert_array_equal(data.counts, every.counts[[0, 5, 9]])
    np.testing.assert_array_equal(data.percentiles, every.percentiles[[0, 5, 9]])
    empty = histograms_over_time_data(record([]), "weight", near=np.array([3]))
    assert len(empty.steps) == 0


def test_a_run_keeps_the_index_of_its_color(record):
    assert histograms_over_time_data(record(), "weight", index=5).index == 5
