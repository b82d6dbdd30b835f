"""Rows of the layer table: figures draw layers, and other rows if they are named."""

import pytest

from keras_xavier import figures
from keras_xavier.figure_spec import FIGURES
from keras_xavier.figures.functions import layers_of, make_plot
from keras_xavier.figures.rows import match_names, table_rows


@pytest.fixture
def run(record_units):
    return record_units("rows")


WITH_LAYERS = [one.name for one in FIGURES.values() if one.option("layers")]


@pytest.mark.parametrize("name", WITH_LAYERS)
def test_figures_draw_layers_only(run, name):
    plot = make_plot(name, run)
    layers = set(layers_of(plot._given["data"]))
    assert layers <= {"dense", "wide", "output"}
    leaves_out = FIGURES[name].option("with_output") is not None
    assert ("output" in layers) != leaves_out
    if leaves_out:
        both = make_plot(name, run, with_output=True)
        assert "output" in layers_of(both._given["data"])
        named = make_plot(name, run, layers=["output"])
        assert set(named.table().columns["layer"]) == {"output"}


def test_other_rows_are_drawn_if_they_are_named(run):
    plot = make_plot("layer-curves", run, layers=["input:*", "wide"])
    assert set(plot.table().columns["layer"]) == {"input:x", "wide"}
    plot = make_plot("depth-profile", run, layers=["*/bias"], quantities="weights")
    assert set(plot.table().columns["layer"]) == {"dense/bias"}
    plot = make_plot("histograms", run, layers="*/bias", quantity="weight")
    assert set(plot.table().columns["layer"]) == {"dense/bias"}
    plot = make_plot("histogram-map", run, layers="*/bias", quantity="weight")
    assert set(plot.table().columns["layer"]) == {"dense/bias"}
    assert "input:x" in make_plot("overview", run, layers=["input:x"]).layers
    with pytest.raises(ValueError, match="no such layer: gate"):
        figures.overview(run, layers=["gate"])
    reason = "dense/bias has no activation: it has none"
    with pytest.raises(ValueError, match=reason):
        figures.overview(run, layers=["*/bias"])


def test_the_layer_card_chooses_a_layer_and_shows_any_row(run):
    assert make_plot("layer-card", run)._given["data"][0].layer == "dense"
    card = make_plot("layer-card", run, layer="dense/bias")
    assert card._given["data"][0].absent["activation"] == "it has none"
    with pytest.raises(ValueError, match="no such layer"):
        figures.layer_card(run, layer="dense*")


def test_a_name_is_not_a_glob_if_a_layer_has_it():
    names = ["a[1]", "a1", "b"]
    assert match_names(["a[1]"], names) == ["a[1]"]
    assert match_names(["a?", "b"], names) == ["a1", "b"]


def test_a_table_without_layers_is_drawn_with_its_other_rows(run):
    inputs = [one for one in run.layers if one.role == "input"]
    assert table_rows(inputs) == [0]
    # A single layer is its own output.
    dense = [one for one in run.layers if one.name == "dense"]
    assert table_rows(dense, without={0}) == [0]
