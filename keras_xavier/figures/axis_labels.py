"""Labels of axes, with the scale of the axis."""

from keras_xavier.figures.ticks import LOGARITHMIC

Label = tuple[str, str]
"""The label of an axis, and a short form for narrow figures."""

STEPS = "step (updates of the weights)", "step"
"""Label of an axis of steps."""


def with_scale(label: Label, scale: str, letters: int) -> str:
    """Returns the label of an axis with its scale; the short form if necessary.

    >>> [with_scale(("weight W", "W"), "log", letters) for letters in (20, 10)]
    ['weight W (log)', 'W (log)']
    """
    text, short = label
    if scale not in LOGARITHMIC:
        return text if len(text) <= letters else short
    text = f"{text[:-1]}, {scale})" if label == STEPS else f"{text} ({scale})"
    return text if len(text) <= letters else f"{short} ({scale})"
