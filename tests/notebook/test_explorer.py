"""Interactive figures."""

import subprocess
import sys

import pytest
from IPython.display import display

from keras_xavier.figure_spec import FIGURES
from keras_xavier.notebook import explore
from keras_xavier.notebook.figure_image import figure_images, png_image


def image_of(runs, figure, **options):
    return png_image([one.draw(runs) for one in figure_images(figure, options)]).data


def test_controls_redraw_the_figure_in_place(notebook, recorded):
    run = recorded[0]
    explorer = explore(run, quantity="weight")
    notebook.run(lambda: display(explorer))
    controls, figure = notebook.screen.outputs.values()
    assert "application/vnd.jupyter.widget-view+json" in controls
    assert "run this cell" in controls["text/plain"]
    assert "install ipywidgets" in controls["text/plain"]
    assert figure["image/png"] == image_of([run], "histograms", quantity="weight")
    explorer.controls["step"].value = 4
    explorer.controls["quantity"].value = "activation"
    explorer.controls["layers"].value = ("hidden",)
    wanted = {"quantity": "activation", "step": 4, "layers": ["hidden"]}
    assert notebook.screen.images == [image_of([run], "histograms", **wanted)]
    explorer.controls["figure"].value = "layer-curves"
    wanted = {"quantity": "activation", "layers": ["hidden"]}
    assert notebook.screen.images == [image_of([run], "layer-curves", **wanted)]
    assert len(notebook.screen.outputs) == 2


def test_each_figure_has_a_control_for_each_of_its_options(recorded):
    explorer = explore(recorded, "overview")
    for definition in FIGURES.values():
        explorer.controls["figure"].value = definition.name
        names = [option.name for option in definition.options]
        assert [*explorer.controls] == ["figure", *names]


def test_layers_are_chosen_by_globs_and_steps_that_all_runs_have(recorded):
    explorer = explore(recorded, "histograms", layers=["hid*"], step=5)
    assert explorer.controls["layers"].value == ("hidden",)
    assert explorer.controls["step"].value == 4
    assert [step for _, step in explorer.controls["step"].options] == [0, 4, 8, 9]


def test_biases_are_shown_on_request(notebook, recorded):
    wanted = {"quantity": "weight", "layers": ["*/bias"]}
    explorer = explore(recorded[0], **wanted)
    assert explorer.controls["layers"].value == ("hidden/bias", "output/bias")
    assert "hidden" in explorer.controls["layers"].options
    notebook.run(lambda: display(explorer))
    assert notebook.screen.images == [image_of(recorded[:1], "histograms", **wanted)]


def test_a_figure_that_cannot_be_drawn_states_the_reason(notebook, recorded):
    explorer = explore(recorded[0], "layer-curves")
    notebook.run(lambda: display(explorer))
    explorer.controls["quantity"].value = "preactivation"
    explorer.controls["layers"].value = ("output",)
    wanted = {"quantity": "preactivation", "layers": ["output"]}
    assert notebook.screen.images == [image_of(recorded[:1], "layer-curves", **wanted)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"figure": "layers"}, "must be one of overview.*Received: 'layers'"),
        ({"quantity": "x"}, "must be one of"),
        ({"layers": ["hidden", "out"]}, "no such layer: out. Allowed: hidden, output"),
        ({"figure": "layer-card", "layer": "hid*"}, r"no such layer: hid\*. Allowed:"),
        ({"runs": "runs/mine"}, "opened with `kx.open_run`. Received: 'runs/mine'"),
        ({"runs": []}, "one or several runs"),
    ],
)
def test_invalid_arguments_are_refused(arguments, message, recorded):
    with pytest.raises(ValueError, match=message):
        explore(**{"runs": recorded, **arguments})


def test_without_ipywidgets_the_extra_is_named(recorded):
    code = (
        "import sys; sys.modules['ipywidgets'] = None\n"
        "import keras_xavier as kx\n"
        f"kx.explore(kx.open_run({recorded[0].path!r}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "kx.explore needs ipywidgets" in found.stderr
    assert "keras-xavier[notebook]" in found.stderr
    assert "keras" not in found.stdout
