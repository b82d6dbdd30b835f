import numpy as np
import pytest

from keras_xavier.figures import PLOTS, TrainingCurvesData, step_quality
from keras_xavier.figures.step_quality import NO_QUALITY, quality_of
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.runs.phases import Phase
from keras_xavier.step_quality import STEP_QUALITY

StepQuality = PLOTS["step-quality"]
STEPS = np.arange(4) * 10


def run(name="tanh", index=0, alpha=(-0.5, 0.5, np.nan, 0.0), **options):
    values = ([2.0, 1.5, 1.0, 0.5], [1.5, 1.6, 0.9, 0.4], alpha, [0.5, 1.5, -0.1, 1.0])
    metrics = {
        metric: (STEPS, np.array(one, float))
        for metric, one in zip(STEP_QUALITY, values, strict=True)
    }
    loss = {"loss": (STEPS, np.ones(4))}
    return TrainingCurvesData(name, loss | metrics, index, **options)


def draw(figure, *runs, **options):
    plot = StepQuality(figure)
    plot.update([quality_of(one) for one in runs], **options)
    figure.canvas.draw()
    return plot


def references(axes):
    return [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def test_each_panel_has_its_values_and_reference_lines(figure):
    draw(figure, run())
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["Δ loss", "alpha", "sharpness"]
    assert [references(axes) for axes in figure.axes] == [[0], [-1, 0, 1], [2]]
    curves = [
        next(line for line in axes.lines if line.get_linestyle() == "-")
        for axes in figure.axes
    ]
    np.testing.assert_allclose(curves[0].get_ydata(), [-0.5, 0.1, -0.1, -0.1])
    np.testing.assert_allclose(curves[1].get_ydata(), [-0.5, 0.5, 0.0])
    np.testing.assert_array_equal(curves[1].get_xdata(), [0, 10, 30])
    np.testing.assert_allclose(curves[2].get_ydata(), [0.5, 1.5, -0.1, 1.0])
    assert "Step quality  ·  tanh" in texts(figure)
    assert "alpha undefined at 1 of 4" in texts(figure)


def test_reference_lines_stay_in_view(figure):
    draw(figure, run(alpha=(-0.999, -0.998, -0.999, -0.998)))
    _, alpha, sharpness = figure.axes
    low, high = alpha.get_ylim()
    assert low < -1
    assert high > 1
    assert sharpness.get_ylim()[1] > 2


def test_several_runs_and_their_phases(figure):
    phases = (Phase(step=20, iterations=20, reason="compiled again"),)
    without = TrainingCurvesData("plain", {"loss": (STEPS, np.ones(4))}, 2)
    plot = draw(figure, run(phases=phases), run("sigmoid", 1), without)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == ["tanh", "sigmoid"]
    assert "training" not in names
    assert "1 of 3 runs without" in texts(figure)
    marks = [one for axes in figure.axes for one in axes.get_children()]
    assert [one.get_gid() for one in marks].count("phase") >= 3
    table = plot.table()
    assert set(table.columns["metric"]) == {"loss_change", "alpha", "sharpness"}


def test_a_run_without_step_quality_says_how_to_record_it(figure):
    draw(figure, TrainingCurvesData("plain", {"loss": (STEPS, np.ones(4))}))
    assert "step_quality=True" in texts(figure)
    assert len(NO_QUALITY) < 160
    (message,) = (one for one in figure.texts if "step_quality" in one.get_text())
    figure.canvas.draw()
    assert message.get_window_extent().width < figure.bbox.width


@pytest.mark.parametrize("options", [{}, {"smoothing": 20, "log_steps": True}])
def test_a_stored_run_is_drawn(record, options):
    stored = record()
    with RunWriter(stored.path, layers=stored.layers, mode="resume") as writer:
        writer.log(8, dict.fromkeys(STEP_QUALITY, 0.5))
    figure = step_quality(open_run(stored.path), **options)
    assert len(figure.axes) == 3
    assert "loss" not in [axes.get_ylabel() for axes in figure.axes]
