"""Figures of tensors that were counted in part."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from keras_xavier.figures.functions import make_plot
from keras_xavier.histogram_bins import BIN_COUNT, count, logarithmic_edges
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    summarize,
)

REMARK = "500 of 1,000,000 values counted"
FIGURES = {
    "overview": {"quantity": "weight", "statistic": "p98"},
    "layer-curves": {"quantity": "weight"},
    "histograms": {"quantity": "weight"},
    "histogram-map": {"quantity": "weight"},
    "ridgelines": {"quantity": "weight"},
    "layer-card": {},
}


@pytest.fixture
def run(tmp_path):
    """A run in which only the weights were counted in part."""
    counted = {Quantity.WEIGHT: (500, 1_000_000)}
    layers = [Layer("hidden", "Dense", None, 1000, 1_000_000, counted=counted)]
    values = np.random.default_rng(0).normal(size=500)
    shape = len(QUANTITIES), 1
    found = Measurement(
        np.broadcast_to(summarize(values), (*shape, len(STATISTICS))),
        np.broadcast_to(count(values, logarithmic_edges()), (*shape, BIN_COUNT)),
    )
    with RunWriter(tmp_path / "run", layers=layers) as writer:
        for step in range(3):
            writer.record(step, found)
    return open_run(tmp_path / "run")


def remarks(name, run, options):
    figure = make_plot(name, run, **options).figure
    FigureCanvasAgg(figure).draw()
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_say_how_many_values_were_counted(run, name):
    assert REMARK in remarks(name, run, FIGURES[name])


def test_complete_counts_have_no_remark(run):
    for options in ({"quantity": "weight", "statistic": "std"}, {}):
        shown = {"quantity": "activation", "statistic": "p98"} | options
        assert "values counted" not in remarks("overview", run, shown)
