"""Explanations of figures, for help texts."""

from keras_xavier.figure_spec import FIGURES


def explain(*names: str) -> str:
    """The explanations of some figures, as one paragraph."""
    return " ".join(FIGURES[name].explanation for name in names)
