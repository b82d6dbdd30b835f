import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_xavier.names import (
    LONGEST_NAME,
    evenly,
    fold,
    legible,
    shorten,
    shorten_all,
)

ILLEGIBLE = ("a\nb", "a\tb", "a\x07b", "a\u202eb", "a\udce9b", "a\u2028b")
NAMES = st.lists(st.text(string.ascii_letters + "/_1", max_size=80), unique=True)


def test_short_names_stay():
    assert shorten("hidden_1") == "hidden_1"
    assert shorten_all(["hidden_1", "output"]) == ["hidden_1", "output"]


@pytest.mark.parametrize("name", ILLEGIBLE)
def test_what_is_no_letter_is_replaced(name):
    assert legible(name) == "a\ufffdb"


@pytest.mark.parametrize("name", ["漢字 ü", "a b", "$<&>", "نمی\u200cخواهم", ""])
def test_letters_of_all_languages_stay(name):
    assert legible(name) == name


def test_middle_of_a_long_name_is_left_out():
    short = shorten("encoder/block_12/attention/query_projection", 21)
    assert len(short) == 21
    assert short.startswith("encoder")
    assert short.endswith("projection")


def test_what_tells_long_names_apart_stays():
    names = [f"encoder/block_{i}/attention/dense_projection" for i in range(100)]
    short = shorten_all(names)
    assert all(f"block_{i}/" in name for i, name in enumerate(short))
    assert max(map(len, short)) <= LONGEST_NAME


@settings(deadline=None)
@given(NAMES)
def test_shortened_names_are_short_and_differ(names):
    short = shorten_all(names)
    assert len(set(short)) == len(names)
    numbering = len(f"{len(names)}: ")
    assert all(len(name) <= LONGEST_NAME + numbering for name in short)


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(2, 30))
def test_an_even_choice_has_both_ends(count, most):
    chosen = evenly(count, most)
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert len(chosen) == min(count, most)
    assert chosen == sorted(set(chosen))


def test_no_choice_from_nothing():
    assert evenly(0, 5) == []


def test_remarks_are_folded_when_they_are_too_long():
    remarks = ["a" * 10, "b" * 10, "c" * 10]
    assert "\n" not in fold(remarks, 100)
    assert fold(remarks, 30).split("\n")[1] == "c" * 10
    assert fold([], 10) == ""
    assert fold(["a" * 50], 10) == "a" * 50
