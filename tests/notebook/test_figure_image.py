"""Figures that are drawn again and again."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from keras_xavier.figures.functions import make_plot
from keras_xavier.notebook.figure_image import FigureImage


@pytest.mark.parametrize("name", ["overview", "histograms", "layer-card"])
def test_an_updated_figure_is_the_same_as_a_new_one(name, recorded):
    first, second = recorded
    image = FigureImage(name)
    image.draw([])
    image.draw([second])
    pixels = image.draw([first])
    file = io.BytesIO()
    make_plot(name, first).figure.savefig(file, format="png", dpi=200)
    file.seek(0)
    np.testing.assert_array_equal(pixels, (imread(file) * 255).round().astype("uint8"))
