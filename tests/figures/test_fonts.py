"""Letters missing from the default font. Warnings of missing glyphs are errors here."""

import matplotlib as mpl
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure

from keras_xavier.figures import labels as fonts

ARROW = "⤀"
"""Missing from DejaVu Sans, but in STIXGeneral, which also ships with matplotlib."""
UNSUPPORTED = "\U0010fffd"
"""The last private-use character, which no font has."""


@pytest.fixture
def usual():
    return [font_manager.get_font(font_manager.findfont("DejaVu Sans"))]


@pytest.fixture
def searches(monkeypatch):
    """Sets of letters for which fonts were searched."""
    found, find = [], fonts.find_families
    monkeypatch.setattr(
        fonts, "find_families", lambda letters: found.append(letters) or find(letters)
    )
    fonts._drawable.cache_clear()
    yield found
    fonts._drawable.cache_clear()


def test_missing_letters_are_found(usual):
    assert fonts.lacking(f"tanh φ\n{ARROW}", usual) == {ARROW}


def test_another_font_is_found_for_a_letter():
    words, families = fonts.drawable(f"tanh {ARROW}")
    assert words == f"tanh {ARROW}"
    (family,) = families
    font = font_manager.get_font(font_manager.findfont(family))
    assert not fonts.lacking(ARROW, [font])


def test_a_letter_without_a_font_is_replaced():
    assert fonts.drawable(f"a{UNSUPPORTED}b") == ("a\ufffdb", ())


def test_chinese_is_drawn_if_a_font_has_it():
    words, families = fonts.drawable("双曲正切")
    assert bool(families) == (words == "双曲正切")


def test_fonts_are_searched_once_and_only_if_needed(searches):
    fonts.drawable("hidden_1")
    assert searches == []
    for _ in range(2):
        fonts.drawable("φ · weight")
        fonts.drawable(f"run {ARROW}")
    assert searches == [frozenset(), {ARROW}]


def test_plain_fonts_come_first():
    # Many fonts of the DejaVu family have this letter.
    assert fonts.find_families(frozenset("ა"))[0] == ("DejaVu Sans",)


def test_a_removed_font_is_skipped(monkeypatch):
    gone = font_manager.FontEntry("/nowhere/A Sans.ttf", name="A Sans")
    broken = font_manager.FontEntry(__file__, name="B Sans")
    for entry in (gone, broken):
        assert fonts.opened(entry) == []
    there = font_manager.fontManager.ttflist
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [gone, broken, *there])
    fonts.find_families.cache_clear()
    assert fonts.find_families(frozenset(ARROW))[0]


def test_fonts_of_the_user_come_first(searches):
    with mpl.rc_context({"font.family": ["DejaVu Sans", "STIXGeneral"]}):
        assert fonts.drawable(ARROW) == (ARROW, ())
    assert fonts.drawable(ARROW)[1]


def test_a_text_is_drawn_with_each_letter_from_a_font_that_has_it():
    text = Figure().text(0, 0, "")
    fonts.write(text, f"run {ARROW} {UNSUPPORTED}")
    text.get_window_extent()
    assert text.get_text() == f"run {ARROW} \ufffd"
    assert text.get_fontfamily()[:-1] == mpl.rcParams["font.family"]
    fonts.write(text, "run")
    assert text.get_text() == "run"
