import numpy as np
import pytest

from keras_xavier import figures
from keras_xavier.figures import depth_profile as depth_profile
from keras_xavier.figures import (
    histogram_map,
    histograms,
    ridgelines,
    saturation,
    training_curves,
    update_ratio,
)
from keras_xavier.figures import layer_curves as layer_curves


def title(figure):
    figure.draw_without_rendering()
    return figure.texts[0].get_text()


def names(figure):
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_layer_curves(record):
    figure = layer_curves(record(), band="percentiles")
    assert title(figure) == "Activation: median, 2nd to 98th percentile  ·  tanh"
    assert names(figure) == ["flatten", "hidden_1", "output"]


def test_histograms_of_the_last_or_a_given_step(record):
    run = record()
    assert title(histograms(run)) == "Activations at step 8  ·  tanh"
    assert "at step 2" in title(histograms(run, step=2))
    assert "Back-propagated gradients at step 0" in title(
        histograms(run, "preactivation_gradient", step=0)
    )
    assert "Weight gradients" in title(histograms(run, quantity="weight_gradient"))


def test_layers_can_be_selected(record):
    run = record()
    assert names(layer_curves(run, layers=["output"])) == ["output"]
    assert names(histograms(run, layers=["hidden_1"])) == ["hidden_1"]


@pytest.mark.parametrize("draw", [layer_curves, histograms, histogram_map, ridgelines])
def test_an_unknown_layer_raises_an_error(draw, record):
    with pytest.raises(ValueError, match="no such layer: hidden_9"):
        draw(record(), layers=["hidden_9"])


@pytest.mark.parametrize(("step", "nearest"), [(3, "2 and 4"), (100, "8"), (-1, "0")])
def test_a_step_that_was_not_recorded(step, nearest, record):
    message = f"Step {step} was not recorded in .*; the [a-z ]+ {nearest}[.]"
    with pytest.raises(ValueError, match=message):
        histograms(record(), "preactivation_gradient", step=step)


def test_a_run_without_records(record):
    run = record([])
    for draw in (layer_curves, histograms, histogram_map, ridgelines):
        figure = draw(run)
        figure.draw_without_rendering()
        messages = [text.get_text() for text in figure.texts]
        assert any("recorded yet" in one or "No records" in one for one in messages)


def test_training_curves_of_one_or_more_runs(record):
    tanh = record()
    assert title(training_curves(tanh)) == "Training curves  ·  tanh"
    figure = training_curves([tanh, record(name="sigmoid")])
    assert title(figure) == "Training curves  ·  2 runs"
    assert names(figure)[:2] == ["tanh", "sigmoid"]
    assert len(figure.axes) == 2


def panel_titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


@pytest.mark.parametrize(
    "draw",
    [
        layer_curves,
        saturation,
        update_ratio,
        histograms,
    ],
)
def test_each_of_several_runs_has_a_panel_by_default(draw, record):
    runs = [record(), record(name="sigmoid", scale=0.3)]
    figure = draw(runs)
    assert panel_titles(figure) == ["tanh", "sigmoid"]
    assert "2 runs" in title(figure)
    assert panel_titles(draw(runs[0])) == [""]


@pytest.mark.parametrize("draw", [layer_curves, histograms, update_ratio])
def test_one_panel_per_layer_or_one_panel(draw, record):
    runs = [record(), record(name="sigmoid")]
    by_layer = panel_titles(draw(runs, panels="layers"))
    assert by_layer[-2:] == ["hidden_1", "output"]
    assert panel_titles(draw(runs, panels="together")) == [""]
    with pytest.raises(
        ValueError, match=r"`panels` must be one of .*stacked\. Received: rows"
    ):
        draw(runs, panels="rows")


def test_more_rows_of_panels_make_a_taller_figure(record):
    runs = [record(), record(name="sigmoid")]
    flat = layer_curves(runs).get_figheight()
    assert layer_curves(runs, panels="layers").get_figheight() > 1.5 * flat


def test_scales_and_smoothing_can_be_selected(record):
    figure = layer_curves(record(), scale="symlog", log_steps=True, smoothing=4)
    assert title(figure).endswith("mean over 4 steps  ·  tanh")
    (axes,) = figure.axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("symlog", "symlog")
    figure = training_curves(record(), scale="log", log_steps=True, smoothing=4)
    assert "mean over 4 steps" in title(figure)
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert {axes.get_xscale() for axes in figure.axes} == {"symlog"}


def test_update_ratios_have_a_logarithmic_axis(record):
    run = record()
    assert update_ratio(run).axes[0].get_yscale() == "log"
    assert update_ratio(run, scale="linear").axes[0].get_yscale() == "linear"
    assert title(update_ratio(run)).startswith("Update-to-weight ratio")


@pytest.mark.parametrize("draw", [histogram_map, ridgelines])
def test_histograms_over_training(draw, record):
    figure = draw(record(range(30)), "weight_gradient", layers=["output"])
    assert title(figure).startswith("Weight gradients over training")
    assert "output" in panel_titles(figure)
    assert "hidden_1" not in panel_titles(figure)
    assert draw(record(range(30)), scale="symlog").axes[0]
    with pytest.raises(ValueError, match="no such layer: hidden_9"):
        draw(record(), layers=["hidden_9"])
    with pytest.raises(
        ValueError, match=r"`scale` must be one of auto, linear, symlog\. Received: log"
    ):
        draw(record(), scale="log")


def test_histograms_over_training_of_several_runs(record):
    runs = [
        record(range(30), name="tanh"),
        record([], name="empty"),
        record(range(0, 60, 2), name="sigmoid", scale=0.1),
    ]
    for draw in (histogram_map, ridgelines):
        figure = draw(runs, "weight_gradient")
        # The run without records is left out, as in other histograms.
        assert title(figure).endswith("2 runs")
        heads = [one.split("\n")[0] for one in panel_titles(figure) if "\n" in one]
        assert heads == ["tanh", "sigmoid"]
        # Two rows of panels fit.
        assert figure.get_size_inches()[1] > 5
        with pytest.raises(ValueError, match="no such layer: hidden_9"):
            draw(runs, layers=["hidden_9"])
    together = ridgelines(runs, "weight_gradient", panels="layers")
    assert panel_titles(together) == ["hidden_1", "output"]
    assert names(together) == ["tanh", "sigmoid"]
    with pytest.raises(
        ValueError, match=r"`panels` must be one of runs, layers\. Received: together"
    ):
        ridgelines(runs, panels="together")
    with pytest.raises(
        ValueError, match=r"`panels` must be one of runs, layers\. Received: rows"
    ):
        ridgelines(runs, panels="rows")


def test_steps_of_omitted_runs_do_not_affect_ridgelines(record):
    # Seven runs fit. The omitted run is much longer.
    runs = [record(range(8), name=f"run {i}") for i in range(7)]
    runs.append(record([0, 1000], name="long"))
    figure = ridgelines(runs, "weight", panels="layers")
    assert names(figure) == [f"run {i}" for i in range(7)]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [str(step) for step in range(8)]


@pytest.mark.parametrize("draw", [histograms, ridgelines])
def test_full_range_shows_the_farthest_values(draw, record):
    run = record(scale=0.1)

    def width(**options):
        low, high = draw(run, "weight", **options).axes[0].get_xlim()
        return high - low

    assert width(full_range=True) > width()


def test_depth_profile_of_selected_layers_on_a_linear_axis(record):
    run = record()
    left, _ = depth_profile(run, layers=["output"], scale="linear").axes
    assert left.get_yscale() == "linear"
    assert (
        len(left.lines[0].get_ydata())
        == 1
        < len(depth_profile(run).axes[0].lines[0].get_ydata())
    )
    with pytest.raises(ValueError, match="no such layer: hidden_9"):
        depth_profile(run, layers=["hidden_9"])


def test_ridgelines_are_at_earlier_steps_if_steps_are_logarithmic(record):
    run = record(range(0, 400, 4))

    def early(**options):
        labels = ridgelines(run, **options).axes[0].get_yticklabels()
        return sum(float(label.get_text()) < 100 for label in labels)

    assert early(log_steps=True) >= 2 * early()


def test_a_run_without_records_beside_another(record):
    runs = [record([], name="empty"), record()]
    assert (
        names(layer_curves(runs, layers=["output"], panels="together"))[0] == "output"
    )
    assert title(histograms(runs)) == "Activations at step 8  ·  tanh"
    with pytest.raises(ValueError, match="Allowed: flatten, hidden_1, output"):
        histograms(runs, layers=["hidden_9"])


def test_every_figure_can_be_saved(record, tmp_path):
    run = record()
    for draw in (
        layer_curves,
        histograms,
        training_curves,
        histogram_map,
        ridgelines,
        saturation,
    ):
        path = tmp_path / f"{draw.__name__}.png"
        draw(run).savefig(path)
        assert path.stat().st_size > 5000


def test_public_names():
    assert all(hasattr(figures, name) for name in figures.__all__)
    assert np.all([name == name.strip("_") for name in figures.__all__])
