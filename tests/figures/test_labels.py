import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from keras_xavier.figures.labels import fitting
from keras_xavier.text import fit, fit_all

RUNS = (
    "copy",
    "shapeset3x2-sigmoid-standard-4x50-lr0.1-seed0",
    "shapeset3x2-tanh-standard-4x50-lr0.01-seed0",
    "sigmoid-standard-4x30-rate0.1",
    "sigmoid-standard-4x100-rate0.1",
)


def within(letters):
    return lambda text: len(text) <= letters


def test_names_that_fit_are_unchanged():
    assert fit_all(RUNS, [within(60)] * len(RUNS)) == list(RUNS)


def test_shared_words_are_left_out_first():
    assert fit_all(RUNS, [within(20)] * len(RUNS)) == [
        "copy",
        "…sigmoid-…lr0.1…",
        "…tanh-…lr0.01…",
        "…4x30-rate0.1",
        "…4x100-rate0.1",
    ]


def test_a_distinguishing_word_stays():
    names = ["tanh-standard-seed0", "tanh-standard-seed1", "tanh-normalized-seed0"]
    short = fit_all(names, [within(17)] * 3)
    assert len(set(short)) == 3
    assert "standard" in short[0]
    assert "seed0" in short[0]


def test_letters_are_left_out_if_words_do_not_fit():
    names = ["preactivation_one", "preactivation_two"]
    short = fit_all(names, [within(9)] * 2)
    assert len(set(short)) == 2
    assert all(len(one) <= 9 for one in short)


@given(
    st.lists(st.text("ab1-_/ .", max_size=30), min_size=1, max_size=5, unique=True),
    st.integers(1, 40),
)
def test_any_names_can_be_shortened(names, letters):
    short = fit_all(names, [within(letters)] * len(names))
    assert len(short) == len(names)
    if letters >= max(map(len, names)):
        assert short == names


@given(st.text(min_size=1, max_size=60), st.integers(8, 60))
def test_as_much_is_kept_as_fits(text, letters):
    short = fit(text, within(letters))
    assert len(short) == min(len(text), letters)


def test_a_name_alone_keeps_its_ends():
    assert fit_all(["mnist-tanh-standard-seed0"], [within(16)]) == ["mnist-…seed0"]


@pytest.mark.parametrize("dpi", [50, 100, 200])
def test_measured_widths_match_drawn_texts(dpi):
    figure = Figure(figsize=(4, 2), dpi=dpi)
    text = figure.text(0, 0, "", size=9)
    assert fitting(text, 0.4)("iiiiii")
    assert not fitting(text, 0.4)("MMMMMM")
