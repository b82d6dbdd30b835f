"""Numbers of readings as text."""

import numpy as np

from keras_xavier.figures.card_text import number

DIGITS = 4


def value_text(value: float, *, is_share: bool = False) -> str:
    """Formats a value with four digits.

    >>> value_text(-0.0123456), value_text(0.5, is_share=True), value_text(float("nan"))
    ('−0.01235', '50%', 'not finite')
    """
    if not np.isfinite(value):
        return "not finite"
    return f"{number(100 * value, DIGITS)}%" if is_share else number(value, DIGITS)


def interval_text(low: float, high: float) -> str:
    """Formats the ends of an interval.

    >>> interval_text(-0.5, 0.25)
    '−0.5 to 0.25'
    """
    return f"{number(low, DIGITS)} to {number(high, DIGITS)}"


def theory_texts(measured: float, predicted: float) -> tuple[tuple[str, str], ...]:
    """Compares a value with the prediction of theory, if there is one.

    >>> theory_texts(0.5, 0.25)
    (('theory', '0.25'), ('measured / theory', '2'))
    """
    if not np.isfinite(predicted):
        return ()
    texts = [("theory", value_text(predicted))]
    if np.isfinite(measured) and predicted != 0:
        texts.append(("measured / theory", number(measured / predicted, 3)))
    return tuple(texts)
