"""The places of controls, which are the same in all tabs."""

from functools import cache

from keras_xavier.figure_spec import FIGURES, Option

PLACES = (
    ("quantity", "quantities"),
    ("statistic", "band"),
    ("layer",),
    ("panels",),
    ("scale",),
    ("smoothing",),
    ("log_steps",),
    ("full_range",),
    ("theory",),
    ("with_output",),
)
"""Names of the options with a control, in the order of the controls.

Options that no figure has together share a place. Other options follow.
"""
FIRST_ROW = 2
"""Number of places in the first row."""
AUTOMATIC = "automatic"
"""Label of the choice that leaves the value to the figure."""


@cache
def all_options() -> tuple[Option, ...]:
    """The options of all figures that have a control, some of them repeatedly."""
    figures = FIGURES.values()
    return tuple(one for figure in figures for one in figure.options if one.in_app)


@cache
def places() -> tuple[tuple[str, ...], ...]:
    """The names of the options at each place, in the order of the controls."""
    known = {name for place in PLACES for name in place}
    others = dict.fromkeys(one.name for one in all_options() if one.name not in known)
    return (*PLACES, *((name,) for name in others))


def at_same_place(option: Option) -> list[Option]:
    """All options at the place of an option."""
    place = next(names for names in places() if option.name in names)
    return [one for one in all_options() if one.name in place]


def widest_texts(option: Option) -> list[str]:
    """The choices of all figures at the place of an option."""
    choices = [one.choices for one in at_same_place(option)]
    return [AUTOMATIC, *(text for texts in choices for text in texts.values())]
