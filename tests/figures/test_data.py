import numpy as np
import pytest

from keras_xavier.figures import histogram_data, layer_curves_data, training_curves_data
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import Layer, Quantity, Statistic


def test_statistics_of_the_layers_that_have_the_quantity(record):
    run = record()
    data = layer_curves_data(run, "weight_gradient")
    assert data.layers == ("hidden_1", "output")
    assert data.quantity is Quantity.WEIGHT_GRADIENT
    assert data.run == "tanh"
    assert data.steps.tolist() == [0, 1, 2, 4, 8]
    for name in ("mean", "std", "p2", "p50", "p98"):
        expected = run.read_statistics(data.quantity, Statistic(name))[:, 1:]
        np.testing.assert_array_equal(getattr(data, name), expected)
    assert np.isinf(data.bounds).all()


def test_bounds_of_activations(record):
    data = layer_curves_data(record(), "activation")
    assert data.layers == ("flatten", "hidden_1", "output")
    assert data.bounds[1] == (-1, 1)
    assert data.bounds[2] == (-np.inf, np.inf)


def test_only_new_records_are_read(record, monkeypatch):
    first = layer_curves_data(record([0, 1, 2]), "activation")
    run = record([0, 1, 2, 4, 8])
    whole = layer_curves_data(run, "activation")
    starts = []
    read = type(run).read_statistics

    def reading(self, *arguments, start=0):
        starts.append(start)
        return read(self, *arguments, start=start)

    monkeypatch.setattr(type(run), "read_statistics", reading)
    both = layer_curves_data(run, "activation", previous=first)
    assert min(starts) >= 2
    assert both.steps.tolist() == whole.steps.tolist()
    for name in ("mean", "std", "p2", "p50", "p98"):
        np.testing.assert_array_equal(getattr(both, name), getattr(whole, name))


@pytest.mark.parametrize(
    ("steps", "scale"),
    [((0, 1), 1.0), ((0, 3, 6, 9), 1.0), ((0, 1, 2, 4, 8, 9), 2.0)],
    ids=["shorter", "other steps", "other values"],
)
def test_an_overwritten_run_is_read_again(steps, scale, record):
    previous = layer_curves_data(record([0, 1, 2, 4]), "activation")
    run = record(steps, scale=scale)
    data = layer_curves_data(run, "activation", previous=previous)
    np.testing.assert_array_equal(data.mean, layer_curves_data(run, "activation").mean)


def test_another_quantity_is_read_again(record):
    run = record()
    previous = layer_curves_data(run, "activation")
    data = layer_curves_data(run, "weight", previous=previous)
    assert data.quantity is Quantity.WEIGHT
    assert data.mean.shape == (5, 2)


def test_a_run_without_records(record):
    run = record([])
    data = layer_curves_data(run, "activation")
    assert data.mean.shape == (0, 3)
    assert layer_curves_data(run, "activation", previous=data).mean.shape == (0, 3)
    with pytest.raises(IndexError):
        histogram_data(run, "activation", -1)
    assert not any(
        len(steps) for steps, _ in training_curves_data(run).metrics.values()
    )


def test_histograms_of_one_record(record):
    run = record()
    data = histogram_data(run, "activation", -2)
    assert data.step == 4
    assert data.layers == ("flatten", "hidden_1", "output")
    assert data.counts.sum(axis=1).tolist() == [400] * 3
    np.testing.assert_array_equal(data.counts, run.read_histogram("activation", 3))
    assert np.isnan(data.edges[1]).any()
    assert not np.isnan(data.edges[2]).any()
    assert data.bounds[1] == (-1, 1)


def test_curves(record):
    data = training_curves_data(record([0, 1, 3]), index=4)
    assert (data.run, data.index) == ("tanh", 4)
    steps, values = data.metrics["loss"]
    assert steps.tolist() == [0, 1, 3]
    assert values.tolist() == [2.0, 1.0, 0.5]


def test_a_live_run(record):
    run = open_run(record([0, 1]).path)
    assert layer_curves_data(run, "activation").steps.tolist() == [0, 1]


def test_a_quantity_that_no_layer_has_raises_an_error_with_the_reason(tmp_path):
    reason = "only training steps have it"
    layer = Layer("hidden", "Dense", "tanh", 9, 9, absent={"weight_update": reason})
    with RunWriter(tmp_path / "run", layers=[layer]):
        pass
    run = open_run(tmp_path / "run")
    with pytest.raises(ValueError, match=f"weight update: {reason}"):
        layer_curves_data(run, "weight_update")
