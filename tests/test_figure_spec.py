"""What is to be seen, as words."""

import argparse

import pytest

from keras_xavier.figure_spec import (
    FIGURES,
    FigureSpec,
    add_spec_options,
    parse_spec,
    spec_from_options,
)
from keras_xavier.statistics import Quantity, Statistic

LOOKS = [
    FigureSpec(),
    FigureSpec("histograms", Quantity.ACTIVATION, step=5),
    FigureSpec("overview", Quantity.WEIGHT, Statistic.MAX, step=5),
    FigureSpec("layer-curves", Quantity.ACTIVATION, band="percentiles"),
    FigureSpec("depth-profile", step=0, theory=True),
    FigureSpec(step=-5),
    *(FigureSpec(name) for name in FIGURES),
]


@pytest.mark.parametrize("spec", LOOKS, ids=str)
def test_words_are_read_as_they_are_told(spec):
    assert parse_spec(str(spec)) == spec


def test_the_command_line_reads_the_same():
    parser = argparse.ArgumentParser()
    add_spec_options(parser)
    for spec in LOOKS:
        assert spec_from_options(parser.parse_args(spec.words())) == spec


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--figure histogram", "ridgelines"),
        ("--figure depth-profile --quantity weight", "goes with --figure overview"),
        ("--band std", "goes with --figure layer-curves"),
        ("--figure overview --theory", "goes with --figure layer-curves, profile"),
        ("--quantity weights", "weight_gradient"),
        ("--pictures overview", "--pictures"),
        ("--figure 'overview", "closing quotation"),
    ],
)
def test_what_there_is_not_is_refused_in_words(words, named):
    with pytest.raises(ValueError, match=named):
        parse_spec(words)


def test_several_runs_are_viewed_and_one_is_drawn():
    spec = FigureSpec("depth-profile", step=0)
    assert (
        spec.view_command("a b", "c")
        == "keras-xavier view 'a b' c --figure depth-profile --step 0"
    )
    assert spec.figure_command("a", "a.png").endswith("depth-profile -o a.png --step 0")
