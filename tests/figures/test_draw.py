import numpy as np
import pytest

from keras_xavier import figures
from keras_xavier.figures import (
    activation_histograms,
    activations_over_time,
    gradient_histograms,
    training_curves,
)


def title(figure):
    figure.draw_without_rendering()
    return figure.texts[0].get_text()


def names(figure):
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_activations_over_time(record):
    figure = activations_over_time(record(), band="percentiles")
    assert title(figure) == "Activation: median, 2nd to 98th percentile  ·  tanh"
    assert names(figure) == ["flatten", "hidden_1", "output"]


def test_the_last_histograms_or_those_of_a_step(record):
    run = record()
    assert title(activation_histograms(run)) == "Activations at step 8  ·  tanh"
    assert "at step 2" in title(activation_histograms(run, step=2))
    assert "Back-propagated gradients at step 0" in title(
        gradient_histograms(run, step=0)
    )
    assert "Weight gradients" in title(
        gradient_histograms(run, quantity="weight_gradient")
    )


def test_some_layers_only(record):
    run = record()
    assert names(activations_over_time(run, layers=["output"])) == ["output"]
    assert names(activation_histograms(run, layers=["hidden_1"])) == ["hidden_1"]


@pytest.mark.parametrize("draw", [activations_over_time, gradient_histograms])
def test_a_layer_that_is_not_there(draw, record):
    with pytest.raises(ValueError, match="no such layer: hidden_9"):
        draw(record(), layers=["hidden_9"])


@pytest.mark.parametrize(("step", "nearest"), [(3, "2 and 4"), (100, "8"), (-1, "0")])
def test_a_step_that_was_not_recorded(step, nearest, record):
    message = f"Step {step} was not recorded; the nearest are {nearest}[.]"
    with pytest.raises(ValueError, match=message):
        gradient_histograms(record(), step=step)


def test_a_run_without_records(record):
    run = record([])
    for draw in (activations_over_time, gradient_histograms, activation_histograms):
        figure = draw(run)
        figure.draw_without_rendering()
        messages = [text.get_text() for text in figure.texts]
        assert any("recorded yet" in one or "No records" in one for one in messages)


def test_training_curves_of_one_run_or_more(record):
    tanh = record()
    assert title(training_curves(tanh)) == "Training curves  ·  tanh"
    figure = training_curves([tanh, record(name="sigmoid")])
    assert title(figure) == "Training curves  ·  2 runs"
    assert names(figure)[:2] == ["tanh", "sigmoid"]
    assert len(figure.axes) == 2


def test_every_figure_can_be_saved(record, tmp_path):
    run = record()
    for draw in (activations_over_time, gradient_histograms, training_curves):
        path = tmp_path / f"{draw.__name__}.png"
        draw(run).savefig(path)
        assert path.stat().st_size > 5000


def test_public_names():
    assert all(hasattr(figures, name) for name in figures.__all__)
    assert np.all([name == name.strip("_") for name in figures.__all__])
