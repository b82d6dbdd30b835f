"""Shortening and escaping of names."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.text import (
    LONGEST_NAME,
    evenly_spaced,
    sanitize,
    shorten,
    shorten_all,
    without_shared,
    wrap,
)

ILLEGIBLE = ("a\nb", "a\tb", "a\x07b", "a\u202eb", "a\udce9b", "a\u2028b")
NAMES = st.lists(st.text(string.ascii_letters + "/_1", max_size=80), unique=True)


def test_short_names_are_kept():
    assert shorten("hidden_1") == "hidden_1"
    assert shorten_all(["hidden_1", "output"]) == ["hidden_1", "output"]


@pytest.mark.parametrize("name", ILLEGIBLE)
def test_control_characters_are_replaced(name):
    assert sanitize(name) == "a\ufffdb"


@pytest.mark.parametrize("name", ["漢字 ü", "a b", "$<&>", "نمی\u200cخواهم", ""])
def test_letters_of_all_languages_are_kept(name):
    assert sanitize(name) == name


def test_the_middle_of_a_long_name_is_left_out():
    short = shorten("encoder/block_12/attention/query_projection", 21)
    assert len(short) == 21
    assert short.startswith("encoder")
    assert short.endswith("projection")


def test_words_that_distinguish_names_are_kept():
    names = [f"encoder/block_{i}/attention/dense_projection" for i in range(100)]
    short = shorten_all(names)
    assert all(f"block_{i}/" in name for i, name in enumerate(short))
    assert max(map(len, short)) <= LONGEST_NAME


SWEEP = [
    "shapeset3x2-sigmoid-standard-4x50-lr0.1-seed0",
    "shapeset3x2-tanh-normalized-4x50-lr0.01-seed0",
    "shapeset3x2-tanh-standard-4x50-lr0.01-seed0",
]


def test_whole_words_are_left_out():
    assert shorten_all(SWEEP) == [
        "…sigmoid-standard-…lr0.1…",
        "…tanh-normalized-…lr0.01…",
        "…tanh-standard-…lr0.01…",
    ]
    assert without_shared(SWEEP[1:], 40) == [
        "shapeset3x2-tanh-normalized-4x50-lr0.01…",
        "shapeset3x2-tanh-standard-4x50-lr0.01…",
    ]
    # A shared first letter is not a shared word.
    names = ["sigmoid-standard-4x100-rate0.1", "shapeset3x2-tanh-5x1000-lr0.01-seed0"]
    assert without_shared(names, 20) == names


def test_other_names_do_not_cause_numbering():
    names = [*SWEEP, "copy", "live one", "sigmoid-standard-4x100-rate0.1"]
    short = shorten_all(names)
    assert short[3:5] == ["copy", "live one"]
    assert not any(":" in name or "(" in name for name in short)


def test_names_of_different_lengths_keep_distinct_words():
    names = [f"{SWEEP[2]}{end}" for end in ("", "-batch20", "-batch20-long")]
    assert len({*without_shared(names, 10)}) == 3
    assert without_shared(names, 10)[2].endswith("long")


@given(st.permutations([f"{'a' * 40}{i}{'b' * 40}" for i in range(4)]))
def test_digits_are_kept_in_any_order(names):
    short = dict(zip(names, shorten_all(names), strict=True))
    assert {name: re.sub(r"\D", "", one) for name, one in short.items()} == {
        name: re.sub(r"\D", "", name) for name in names
    }


def test_words_are_abbreviated_before_names_are_numbered():
    ways = ["relu-glorot_uniform", "relu-standard", "tanh-glorot_uniform"]
    short = shorten_all([f"mlp-{way}-seed{i}" for way in ways for i in (1, 2)], 16)
    assert short[::2] == ["rel-glo_uni-see1", "rel-sta-see1", "tan-glo_uni-see1"]


@given(st.permutations([f"{'a' * 40}{i}{'b' * 40}" for i in "cdef"]))
def test_numbers_do_not_depend_on_the_order(names):
    short = dict(zip(names, shorten_all(names), strict=True))
    assert [short[name][-3:] for name in sorted(names)] == ["(1)", "(2)", "(3)", "(4)"]


@settings(deadline=None)
@given(NAMES)
def test_only_shared_words_are_left_out(names):
    for name, short in zip(names, without_shared(names, 20), strict=True):
        place = 0
        for part in short.split("…"):
            place = name.index(part, place) + len(part)
        assert short.count("…") == 0 or len(name) > 20


@settings(deadline=None)
@given(NAMES)
def test_shortened_names_are_short_and_distinct(names):
    short = shorten_all(names)
    assert len(set(short)) == len(names)
    numbering = len(f"{len(names)}: ")
    assert all(len(name) <= LONGEST_NAME + numbering for name in short)


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(2, 30))
def test_evenly_spaced_indices_include_both_ends(count, most):
    chosen = evenly_spaced(count, most)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert len(chosen) == min(count, most)
    assert chosen == sorted(set(chosen))


def test_evenly_spaced_indices_of_nothing():
    assert evenly_spaced(0, 5) == []


def test_long_remarks_are_wrapped():
    remarks = ["a" * 10, "b" * 10, "c" * 10]
    assert "\n" not in wrap(remarks, 100)
    assert wrap(remarks, 30).split("\n")[1] == "c" * 10
    assert wrap([], 10) == ""
    assert wrap(["a" * 50], 10) == "a" * 50
