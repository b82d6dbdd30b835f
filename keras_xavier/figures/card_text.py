"""Statistics of a quantity as lines of text."""

from collections.abc import Iterable, Mapping

import numpy as np

from keras_xavier.statistics import Statistic


def describe(statistics: Mapping[Statistic, float], *, is_short: bool) -> list[str]:
    """Formats the statistics of a quantity as lines of text.

    Args:
        statistics: dict of `Statistic` to float. Unknown values are left out.
        is_short: bool. Whether numbers have two digits and shares of 0 are left out.

    >>> numbers = {Statistic.MEAN: 0.0, Statistic.STD: 0.513, Statistic.ZERO: 0.25}
    >>> describe(numbers, is_short=False)
    ['mean 0, std 0.513', 'zero 25%']
    """
    digits = 2 if is_short else 3
    known = {one: value for one, value in statistics.items() if np.isfinite(value)}

    def numbers(*wanted: Statistic, digits: int = digits) -> str:
        pairs = [(one, known[one]) for one in wanted if one in known]
        return ", ".join(
            f"{str(one).replace('_', ' ')} {number(value, digits)}"
            for one, value in pairs
        )

    def shares(*wanted: Statistic, is_short: bool = is_short) -> str:
        pairs = [
            (one.short_label.removeprefix("% "), 100 * known.get(one, np.nan))
            for one in wanted
        ]
        return ", ".join(
            f"{name} {share:.{3 if share >= 99.5 else 2}g}%"
            for name, share in pairs
            if share > 0 or (share == 0 and not is_short)
        )

    lines = [
        numbers(Statistic.MEAN, Statistic.STD),
        numbers(Statistic.P2, Statistic.P98),
        numbers(Statistic.UNIT_STD, Statistic.COSINE, digits=2),
        shares(Statistic.SATURATED, Statistic.ZERO),
        shares(Statistic.NONFINITE),
    ]
    if not is_short:
        lines.append(shares(Statistic.DEAD, is_short=True))
        lines.append(shares(Statistic.SATURATED_UNITS, is_short=True))
    return [line for line in lines if line]


def break_lines(lines: Iterable[str], letters: int) -> list[str]:
    """Breaks lines that are too long between statistics.

    >>> break_lines(["mean 0, std 0.513", "zero 25%"], 12)
    ['mean 0,', 'std 0.513', 'zero 25%']
    """
    return [
        part
        for line in lines
        for part in (
            line.replace(", ", ",\n").split("\n") if len(line) > letters else [line]
        )
    ]


def number(value: float, digits: int) -> str:
    """Formats a number as on an axis.

    >>> number(0.0123456, 3), number(-1.54e-7, 2)
    ('0.0123', '−1.5e−7')
    """
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    text = f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return text.replace("-", "−")
