"""Figures in the output of a cell while `fit` runs."""

import io
from copy import deepcopy

import keras
import numpy as np
import pytest
from matplotlib.image import imread

from keras_xavier.figure_spec import FigureSpec
from keras_xavier.notebook import LiveFigure, live_figure
from keras_xavier.notebook.figure_image import FigureImage, figure_images, png_image
from keras_xavier.recording import LayerStatistics
from keras_xavier.runs import open_run


@pytest.fixture
def recorder(tmp_path):
    return LayerStatistics(str(tmp_path / "run"), every=2)


@pytest.fixture
def no_limit(monkeypatch):
    """Lets drawing take any share of the time, because these fits are short."""
    monkeypatch.setattr(live_figure, "SHARE", 1e9)


def image_of(*runs, figures="overview", **options):
    """The image that a finished run shows."""
    opened = [open_run(run.run) for run in runs]
    return png_image([one.draw(opened) for one in figure_images(figures, options)]).data


def test_an_output_is_updated_while_training_and_keeps_the_last_state(
    notebook, fit, recorder, no_limit
):
    live = LiveFigure(every=0)
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(notebook.screen.images[0]),
        on_train_end=lambda logs: seen.append(notebook.screen.images[0]),
    )
    notebook.run(lambda: fit(recorder, live, watch))
    assert notebook.screen.updates >= 2
    (image,) = notebook.screen.images
    assert image == image_of(recorder)
    assert len({*seen, image}) >= 2


@pytest.mark.parametrize("is_first", [True, False])
def test_the_order_of_the_callbacks_does_not_matter(notebook, fit, recorder, is_first):
    both = [LiveFigure("layer_curves", band="percentiles"), recorder]
    notebook.run(lambda: fit(*both[:: 1 if is_first else -1]))
    shown = image_of(recorder, figures="layer-curves", band="percentiles")
    assert notebook.screen.images == [shown]


def test_several_figures_are_side_by_side(notebook, fit, recorder):
    figures = [FigureSpec("histograms", layers=("hidden",)), "training-curves"]
    live = LiveFigure([*figures, "overview"], quantity="weight")
    notebook.run(lambda: fit(recorder, live))
    (image,) = notebook.screen.images
    height, width, _ = imread(io.BytesIO(image)).shape
    assert width == 2 * 2 * 640
    assert height > 2 * 2 * 360
    assert image == image_of(
        recorder, figures=[*figures, "overview"], quantity="weight"
    )


def test_runs_of_several_callbacks_are_compared(notebook, fit, recorder, tmp_path):
    probe = np.ones((4, 4), "float32"), np.ones(4, "int32")
    other = LayerStatistics(str(tmp_path / "other"), probe=probe)
    notebook.run(lambda: fit(recorder, other, LiveFigure("training-curves")))
    figures = {"figures": "training-curves"}
    assert notebook.screen.images == [image_of(recorder, other, **figures)]
    assert notebook.screen.images != [image_of(recorder, **figures)]


def test_several_callbacks_share_the_time(notebook, fit, recorder):
    lives = LiveFigure(), LiveFigure("training-curves")
    notebook.run(lambda: fit(*lives, recorder))
    figures = {"figures": "training-curves"}
    assert notebook.screen.images == [image_of(recorder), image_of(recorder, **figures)]
    assert sum(live._budget.share for live in lives) == live_figure.SHARE


def test_fits_and_copies_of_a_cell_share_its_output(notebook, fit, tmp_path):
    live, path = LiveFigure(), str(tmp_path / "search")
    recorder = LayerStatistics(path)

    def search():
        for _ in range(2):
            # As KerasTuner does for each trial.
            fit(*deepcopy([recorder, live]))

    notebook.run(search)
    second = LayerStatistics(f"{path}-2")
    assert notebook.screen.images == [image_of(second)]
    notebook.run(lambda: fit(recorder, live))
    assert notebook.screen.images == [image_of(second), image_of(recorder)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ArithmeticError])
def test_the_last_state_is_shown_after_an_error(notebook, fit, recorder, error):
    class Fails(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise error("no more")

    with pytest.raises(error):
        notebook.run(lambda: fit(recorder, Fails(), LiveFigure()))
    assert notebook.screen.images == [image_of(recorder)]


def test_an_error_of_drawing_becomes_one_warning(
    notebook, fit, recorder, no_limit, monkeypatch
):
    live = LiveFigure(every=0)

    def fail(*args):
        raise MemoryError("no memory")

    monkeypatch.setattr(FigureImage, "draw", fail)
    with pytest.warns(RuntimeWarning, match="training continues: MemoryError") as found:
        notebook.run(lambda: fit(recorder, live))
    assert len([one for one in found if one.category is RuntimeWarning]) == 1
    assert open_run(recorder.run).state == "finished"


def test_a_figure_that_cannot_be_drawn_states_the_reason(notebook, fit, recorder):
    live = LiveFigure(["overview", "layer-curves"], layers=["unknown"])
    notebook.run(lambda: fit(recorder, live))
    shown = image_of(recorder, figures=["overview", "layer-curves"], layers=["unknown"])
    assert notebook.screen.images == [shown]


def test_training_is_the_same_bit_for_bit(notebook, model, fit, recorder, no_limit):
    start = model.get_weights()
    state = [variable.numpy() for variable in model.optimizer.variables]
    found = []
    for live in ([], [LiveFigure(every=0)]):
        model.set_weights(start)
        for variable, value in zip(model.optimizer.variables, state, strict=True):
            variable.assign(value)
        keras.utils.set_random_seed(1)
        one = LayerStatistics(recorder.run, mode="overwrite")
        notebook.run(lambda live=live, one=one: fit(one, *live))
        found.append(model.get_weights())
    assert notebook.screen.updates >= 2
    for first, second in zip(*found, strict=True):
        np.testing.assert_array_equal(first, second)


def test_outside_of_notebooks_a_warning_names_the_app(fit, recorder):
    with pytest.warns(RuntimeWarning, match="keras-xavier view .*run") as found:
        fit(recorder, LiveFigure())
    assert len([one for one in found if one.category is RuntimeWarning]) == 1
    assert open_run(recorder.run).state == "finished"


def test_a_fit_without_statistics_is_refused(notebook, fit):
    with pytest.raises(ValueError, match="LayerStatistics of the same `fit`"):
        notebook.run(lambda: fit(LiveFigure()))
    assert not notebook.screen.outputs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"figures": "overvue"}, "must be one of overview, .*Received: 'overvue'"),
        ({"figures": []}, "one or more of overview"),
        ({"figures": [None]}, "Received: None"),
        ({"every": -1}, "every.*Received: -1"),
        ({"every": "epoch"}, "every.*Received: 'epoch'"),
        ({"hue": "red"}, "overview: no option `hue`. Allowed: .*quantity"),
        ({"quantity": "weights"}, "must be one of .*Received: weights"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LiveFigure(**arguments)
