"""The figure of a tab as a `FigureSpec`, for the command that shows it."""

from typing import Any

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.plots.figure_tab import FigureTab

ALWAYS = ("quantity", "quantities", "statistic", "band")
"""Options that are named although they have their defaults."""
MOST_LAYERS = 50
"""Most layers that are named in a command."""


def spec_of(tab: FigureTab) -> FigureSpec:
    """Returns the figure of a tab with its options, the step and the layers."""
    fields, figure = FigureSpec.__dataclass_fields__, tab.figure
    values = tab.options.values(figure)
    options: dict[str, Any] = {}
    for option in figure.options:
        if option.name not in values or option.name not in fields:
            continue
        value = values[option.name]
        if value and (value != option.default or option.name in ALWAYS):
            options[option.name] = value
    if figure.option("layers") and (layers := named_layers(tab)):
        options["layers"] = layers
    return FigureSpec(figure.name, step=tab.selection.step, **options)


def named_layers(tab: FigureTab) -> tuple[str, ...]:
    """Returns the drawn layers if some are hidden and they are not too many."""
    selection = tab.selection
    if not (selection.hidden or selection.extra):
        return ()
    drawn = [one.name for one in selection.layers if selection.is_drawn(one)]
    return tuple(drawn) if len(drawn) <= MOST_LAYERS else ()
