"""What is to be seen, as words."""

import argparse

import pytest

from keras_xavier.look import FIGURES, Look, add_look, look_of, parse_look
from keras_xavier.statistics import Quantity, Statistic

LOOKS = [
    Look(),
    Look("histograms", Quantity.ACTIVATION, step=5),
    Look("overview", Quantity.WEIGHT, Statistic.MAX, step=5),
    Look("over-time", Quantity.ACTIVATION, band="percentiles"),
    Look("profile", step=0, theory=True),
    Look(step=-5),
    *(Look(name) for name in FIGURES),
]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_words_are_read_as_they_are_told(look):
    assert parse_look(str(look)) == look


def test_the_command_line_reads_the_same():
    parser = argparse.ArgumentParser()
    add_look(parser)
    for look in LOOKS:
        assert look_of(parser.parse_args(look.words())) == look


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("--picture histogram", "ridgelines"),
        ("--picture profile --quantity weight", "goes with --picture overview"),
        ("--band std", "goes with --picture over-time"),
        ("--picture overview --theory", "goes with --picture over-time, profile"),
        ("--quantity weights", "weight_gradient"),
        ("--pictures overview", "--pictures"),
        ("--picture 'overview", "closing quotation"),
    ],
)
def test_what_there_is_not_is_refused_in_words(words, named):
    with pytest.raises(ValueError, match=named):
        parse_look(words)


def test_several_runs_are_viewed_and_one_is_drawn():
    look = Look("profile", step=0)
    assert (
        look.view("a b", "c") == "keras-xavier view 'a b' c --picture profile --step 0"
    )
    assert look.figure("a", "a.png").endswith("profile -o a.png --step 0")
