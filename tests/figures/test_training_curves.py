import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figures import LIGHT, TrainingCurves, TrainingCurvesData
from keras_xavier.figures.training_curves import KINDS, split


def curve(*values, every=100):
    return every * np.arange(len(values)), np.array(values, float)


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def legend_texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


TANH = TrainingCurvesData(
    "tanh",
    {
        "loss": curve(2.2, 1.5, 1.0),
        "val_loss": curve(2.3, 1.6, 1.2),
        "error": curve(0.9, 0.5, 0.3),
        "val_error": curve(0.9, 0.6, 0.4),
        "test_error": (np.array([200]), np.array([0.45])),
    },
)
SIGMOID = TrainingCurvesData("sigmoid", {"loss": curve(2.3, 2.3)}, index=1)


def draw(figure, curves, **settings):
    plot = TrainingCurves(figure)
    plot.update(curves, **settings)
    figure.canvas.draw()
    return plot


@pytest.mark.parametrize(
    ("metric", "parts"),
    [
        ("loss", ("", "loss")),
        ("val_loss", ("val_", "loss")),
        ("probe_loss", ("probe_", "loss")),
        ("test_error", ("test_", "error")),
        ("value_error", ("", "value_error")),
    ],
)
def test_names_of_metrics(metric, parts):
    assert split(metric) == parts


def test_loss_comes_first_and_other_metrics_follow_on_pages(figure):
    names = ["accuracy", "error", "val_error", "loss", "learning_rate"]
    data = TrainingCurvesData("run", {name: curve(1.0) for name in names})
    plot = draw(figure, [data])
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "error"]
    assert "Training curves  ·  run, 2 of 4 metrics" in texts(figure)
    assert (plot.page, plot.pages) == (0, 2)
    plot.update([data], page=1)
    figure.canvas.draw()
    assert [axes.get_ylabel() for axes in figure.axes] == ["accuracy", "learning rate"]


def test_one_panel_for_each_metric(figure):
    draw(figure, [TANH])
    loss, error = figure.axes
    assert (loss.get_ylabel(), error.get_ylabel()) == ("loss", "error")
    assert error.get_xlabel().startswith("step")
    assert (len(loss.lines), len(error.lines)) == (2, 3)
    np.testing.assert_array_equal(loss.lines[0].get_ydata(), [2.2, 1.5, 1.0])
    assert error.yaxis.get_major_formatter().format_ticks([0, 0.2]) == ["0%", "20%"]
    assert legend_texts(figure) == ["training", "validation", "test"]
    assert "Training curves  ·  tanh" in texts(figure)


def test_panels_share_their_steps(figure):
    plot = draw(figure, [TANH])
    loss, error = figure.axes
    loss.set_xlim(0, 100)
    assert error.get_xlim() == (0, 100)
    plot.update([TANH, SIGMOID])
    loss, error = figure.axes
    assert loss.get_xlim() == error.get_xlim() == (0, 100)
    plot.reset_view()
    assert plot.follow
    assert loss.get_xlim()[1] > 200


def test_runs_differ_in_color_and_kinds_in_line_style(figure):
    draw(figure, [SIGMOID, TANH])
    assert legend_texts(figure)[:2] == ["sigmoid", "tanh"]
    lines = figure.axes[0].lines
    assert [to_hex(line.get_color()) for line in lines] == [
        LIGHT.run_color(1),
        LIGHT.run_color(0),
        LIGHT.run_color(0),
    ]
    assert lines[1].get_linestyle() == "-"
    assert lines[2].get_linestyle() != "-"
    assert "2 runs" in texts(figure)


def test_long_names_of_runs_stay_distinct(figure):
    names = [
        f"shapeset3x2-tanh-{which}-4x50-lr0.01-seed0"
        for which in ("standard", "normalized")
    ]
    draw(
        figure,
        [TrainingCurvesData(name, TANH.metrics, i) for i, name in enumerate(names)],
    )
    first, second, *_ = legend_texts(figure)
    assert first != second
    assert "standard" in first
    assert "normalized" in second


def test_runs_beyond_the_colors_differ_in_marker(figure):
    runs = [
        TrainingCurvesData(f"run_{i}", {"loss": curve(1.0, 0.5)}, i) for i in range(20)
    ]
    draw(figure, runs)
    signs = {
        (to_hex(line.get_color()), line.get_marker()) for line in figure.axes[0].lines
    }
    assert len(signs) == 20


def test_the_legend_names_the_kinds_of_many_runs(figure):
    runs = [TrainingCurvesData(f"run_{i}", TANH.metrics, i) for i in range(60)]
    draw(figure, runs)
    names = legend_texts(figure)
    assert names[-3:] == ["training", "validation", "test"]
    assert names[0] == "run_0"
    assert "of 60 runs" in figure.legends[0].get_title().get_text()


def test_a_curve_grows_in_place(figure):
    plot = draw(figure, [SIGMOID])
    (line,) = figure.axes[0].lines
    plot.update([TrainingCurvesData("sigmoid", {"loss": curve(2.3, 2.3, 2.2)}, 1)])
    figure.canvas.draw()
    assert figure.axes[0].lines[0] is line
    assert len(line.get_xdata()) == 3


def test_a_new_metric_brings_a_new_panel(figure):
    plot = draw(figure, [SIGMOID])
    assert len(figure.axes) == 1
    plot.update([TANH])
    figure.canvas.draw()
    assert len(figure.axes) == 2
    assert plot.follow


def test_losses_start_at_zero_unless_that_flattens_them(figure):
    plot = draw(figure, [TANH])
    assert figure.axes[0].get_ylim()[0] == 0
    plot.update([TrainingCurvesData("flat", {"loss": curve(2.30, 2.29)})])
    assert figure.axes[0].get_ylim()[0] > 2.2


def test_an_exploding_loss_is_in_the_remarks(figure):
    values = np.append(np.linspace(2, 1, 200), 1e30)
    data = TrainingCurvesData("run", {"loss": (np.arange(201), values)})
    plot = draw(figure, [data])
    assert figure.axes[0].get_ylim()[1] < 20
    assert "1 of 201 points out of view" in texts(figure)
    plot.update([data], full_range=True)
    assert figure.axes[0].get_ylim()[1] > 1e30


def test_infinite_losses_do_not_break_the_view(figure):
    draw(figure, [TrainingCurvesData("run", {"loss": curve(2.0, np.inf, 1.0)})])
    assert np.isfinite(figure.axes[0].get_ylim()).all()
    draw(figure, [TrainingCurvesData("run", {"loss": curve(np.inf)})])
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_logarithmic_steps_spread_early_steps(figure):
    draw(figure, [TANH], log_steps=True)
    assert {axes.get_xscale() for axes in figure.axes} == {"symlog"}


def test_thousands_of_points_are_drawn_by_their_extremes(figure):
    values = np.random.default_rng(0).normal(size=50_000)
    draw(figure, [TrainingCurvesData("run", {"loss": (np.arange(50_000), values)})])
    (line,) = figure.axes[0].lines
    assert len(line.get_xdata()) <= 4100
    assert max(line.get_ydata()) == values.max()


def test_an_empty_figure_gives_the_reason(figure):
    plot = draw(figure, [])
    assert "No runs selected" in texts(figure)
    plot.update([TrainingCurvesData("run", {})])
    figure.canvas.draw()
    assert "No metrics yet" in texts(figure)
    plot.update([TrainingCurvesData("run", {"loss": curve()})])
    figure.canvas.draw()
    assert "No metrics yet" in texts(figure)


def test_each_kind_looks_different():
    signs = [(str(kind.line_style), kind.star) for kind in KINDS.values()]
    assert len(set(signs)) == len(KINDS)


def of_size(size, points=50):
    """A loss that falls by four decades."""
    steps = 10 * np.arange(points)
    return TrainingCurvesData(
        "tanh", {"loss": (steps, size * 0.8 ** np.arange(points))}
    )


@pytest.mark.parametrize("scale", ["log", "symlog"])
def test_a_logarithmic_axis_separates_small_losses(figure, scale):
    draw(figure, [of_size(1e-6)], scale=scale)
    (axes,) = figure.axes
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(0, 1e-6), (0, 1e-8), (0, 1e-10)])
    )[:, 1]
    assert (np.diff(places) < -0.2).all()


def test_a_symlog_axis_fits_the_first_values(figure):
    plot = TrainingCurves(figure)
    plot.update([TrainingCurvesData("tanh", {})], scale="symlog")
    plot.update([of_size(1e-6)], scale="symlog")
    (axes,) = figure.axes
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(0, 1e-8), (0, 1e-10)])
    )[:, 1]
    assert np.diff(places) < -0.2
    exported = plot.export()
    assert exported.axes[0].yaxis.get_transform().linthresh == (
        axes.yaxis.get_transform().linthresh
    )


def test_smoothing_keeps_the_raw_curves_visible(figure):
    steps = np.arange(400)
    noisy = np.random.default_rng(0).normal(1, 0.1, 400)
    plot = draw(
        figure, [TrainingCurvesData("tanh", {"loss": (steps, noisy)})], smoothing=50
    )
    figure.canvas.draw()
    smoothed, raw = figure.axes[0].lines
    np.testing.assert_array_equal(raw.get_ydata(), noisy)
    assert raw.get_alpha() < 1
    assert np.std(smoothed.get_ydata()[50:-50]) < 0.03
    assert "mean over 50 steps" in figure.texts[0].get_text()
    columns = plot.table().columns
    assert list(columns) == ["run", "metric", "step", "value", "mean_over_50_steps"]
    np.testing.assert_array_equal(columns["value"], noisy)


def test_an_infinite_loss_leaves_the_rest_smooth(figure):
    steps = np.arange(100)
    loss = np.ones(100)
    loss[40] = np.inf
    draw(figure, [TrainingCurvesData("tanh", {"loss": (steps, loss)})], smoothing=10)
    figure.canvas.draw()
    smoothed = np.delete(figure.axes[0].lines[0].get_ydata(), 40)
    np.testing.assert_allclose(smoothed, 1)
