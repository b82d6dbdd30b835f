"""Figure specs: parsing, validation, and the commands made from them."""

import argparse

import pytest

from keras_xavier.figure_spec import (
    FIGURES,
    AxisScale,
    Facet,
    FigureSpec,
    add_spec_options,
    parse_spec,
    spec_from_options,
)
from keras_xavier.statistics import Quantity, Statistic

SPECS = [
    FigureSpec(),
    FigureSpec("histograms", Quantity.ACTIVATION, step=5),
    FigureSpec("overview", Quantity.WEIGHT, Statistic.MAX, step=5),
    FigureSpec("layer-curves", Quantity.ACTIVATION, band="percentiles"),
    FigureSpec("depth-profile", step=0, theory=True),
    FigureSpec(step=-5),
    FigureSpec(
        "layer-curves",
        layers=("hidden 1", "output"),
        panels=Facet.LAYERS,
        scale=AxisScale.LOG,
        smoothing=300.0,
        log_steps=True,
        full_range=True,
    ),
    FigureSpec("layer-card", layer="hidden_1"),
    FigureSpec("depth-profile", quantities="weights", with_output=True),
    *(FigureSpec(name) for name in FIGURES),
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_a_spec_is_parsed_from_its_text(spec):
    assert parse_spec(str(spec)) == spec


def test_the_command_line_parses_the_same():
    parser = argparse.ArgumentParser()
    add_spec_options(parser)
    for spec in SPECS:
        assert spec_from_options(parser.parse_args(spec.words())) == spec


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--figure histogram", "ridgelines"),
        ("--figure depth-profile --quantity weight", "requires --figure overview"),
        ("--band std", "`band` requires --figure layer-curves"),
        ("--figure overview --theory", "requires --figure layer-curves, depth-profile"),
        ("--quantity weights", "weight_gradient"),
        ("--pictures overview", "--pictures"),
        ("--figure 'overview", "closing quotation"),
    ],
)
def test_invalid_specs_name_what_is_allowed(words, named):
    with pytest.raises(ValueError, match=named):
        parse_spec(words)


def test_commands_view_several_runs_and_draw_one():
    spec = FigureSpec("depth-profile", step=0)
    assert (
        spec.view_command("a b", "c")
        == "keras-xavier view 'a b' c --figure depth-profile --step 0"
    )
    assert spec.figure_command("a", "a.png").endswith("depth-profile -o a.png --step 0")
