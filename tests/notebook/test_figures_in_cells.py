"""Figures as the last line of a cell, in a real kernel."""

import base64
import io
import os
from pathlib import Path

import nbformat
import numpy as np
from matplotlib.image import imread
from nbclient import NotebookClient

from keras_xavier.figures.functions import FUNCTIONS

ROOT = Path(__file__).parents[2]
FIRST = 'import keras_xavier as kx; run = kx.sample_run("sigmoid-standard")'
IMPORTED = (
    "import sys; [one for one in sys.modules if 'pyplot' in one or one == 'keras']"
)
SVG = """\
import matplotlib_inline.backend_inline as inline
inline.set_matplotlib_formats("svg")
kx.figures.overview(run)"""


def execute(*cells, env):
    notebook = nbformat.v4.new_notebook(
        cells=list(map(nbformat.v4.new_code_cell, cells))
    )
    NotebookClient(notebook, timeout=250).execute(env=env)
    return [cell.outputs for cell in notebook.cells]


def size_of(output):
    return imread(io.BytesIO(base64.b64decode(output.data["image/png"]))).shape[:2]


def test_every_figure_displays_itself_once():
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path}
    figures = [f"kx.figures.{name}(run)" for name in FUNCTIONS]
    figures += [
        "kx.figures.contact_sheet([[[0, 1], [1, 0]]], [0], ['a'])",
        "from IPython.display import display\ndisplay(kx.figures.overview([run, run]))",
        "kx.figures.LayerCurves(kx.figures.overview(run)).export()",
    ]
    inline = ["%matplotlib inline\nkx.figures.overview(run)", SVG]
    _, *shown, imported, ordinary, svg = execute(
        FIRST, *figures, IMPORTED, *inline, env=env
    )
    for code, outputs in zip(figures, shown, strict=True):
        (output,) = outputs
        size = output.metadata["image/png"]
        # Two pixels of the image for each pixel of the page.
        wanted = np.array([size["height"], size["width"]]) * 2
        np.testing.assert_allclose(size_of(output), wanted, atol=2, err_msg=code)
    assert imported[0].data["text/plain"] == "[]"
    assert len(ordinary) == len(svg) == 1
    # With the settings of the inline backend.
    assert size_of(ordinary[0])[1] <= 800
    assert "image/svg+xml" in svg[0].data
