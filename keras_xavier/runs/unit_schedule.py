"""The records that contain statistics of single units.

The statistics of 256 units of a layer take as much room as all its histograms. Records
are therefore the more widely spaced the later they are: figures of units over steps
lose little, and a run with units has at most twice the size of a run without.
"""

FIRST_RECORDS = 16
"""Number of first records with units that are not thinned out."""
GROWTH = 1.05
"""Ratio of the steps of two records with units after the first ones."""


class UnitSchedule:
    """Determines which records contain statistics of single units.

    Args:
        count: int. Number of records with units so far. Defaults to 0.
        last: int. Step of the last of them. Defaults to 0.

    Example:

    >>> schedule = UnitSchedule(count=16, last=1000)
    >>> [step for step in (1001, 1049, 1050, 1100) if schedule.is_due(step)]
    [1050, 1100]
    """

    def __init__(self, count: int = 0, last: int = 0) -> None:
        self._count = count
        self._last = last

    def is_due(self, step: int) -> bool:
        """Returns whether a record of this step is to contain units."""
        return self._count < FIRST_RECORDS or step >= GROWTH * self._last

    def taken(self, step: int) -> None:
        """Counts a record that contains units."""
        self._count += 1
        self._last = step
