"""Schedules: functions from a step to whether it is recorded."""

from collections.abc import Callable
from typing import Literal

Schedule = Callable[[int], bool]
Every = int | Literal["epoch"] | Schedule | None

DEFAULT_INTERVAL = 100


def dense_early(step: int) -> bool:
    """Returns whether a step is 0, a power of 2 up to 64, or a multiple of 100.

    Example:

    >>> [step for step in range(301) if dense_early(step)]
    [0, 1, 2, 4, 8, 16, 32, 64, 100, 200, 300]
    """
    if step >= DEFAULT_INTERVAL:
        return step % DEFAULT_INTERVAL == 0
    return step & (step - 1) == 0


def make_schedule(every: Every) -> Schedule:
    """Converts the argument `every` to a schedule.

    Args:
        every: int, `"epoch"`, function or `None`. Number of updates between records;
            `"epoch"`, for which no step is due, because the length of epochs may vary;
            a schedule; or `None` for `dense_early`.

    Returns:
        Function from a step to bool.

    Raises:
        ValueError: If `every` is invalid.

    Example:

    >>> [step for step in range(10) if make_schedule(4)(step)]
    [0, 4, 8]
    """
    if every is None:
        return dense_early
    if every == "epoch":
        return lambda step: False
    if callable(every):
        return every
    if isinstance(every, int) and not isinstance(every, bool) and every > 0:
        return lambda step: step % every == 0
    raise ValueError(
        "`every` must be a positive number of updates, 'epoch', or a function "
        f"from a step to True or False. Received: every={every!r}"
    )


class DueRecords:
    """Determines when a record is due, even if several steps pass at once.

    A due record stays due until it is taken.

    Args:
        schedule: Function from a step to bool.
        ends_are_due: bool. Whether a record is due at the first step of each `fit`.
            Defaults to `True`. If it is `False`, the schedule alone decides.

    Example:

    >>> due = DueRecords(make_schedule(4))
    >>> due.taken(0)
    >>> [due.is_due(step) for step in (1, 3, 5, 6)]
    [False, False, True, True]
    >>> due.taken(6)
    >>> due.is_due(7)
    False
    """

    def __init__(self, schedule: Schedule, *, ends_are_due: bool = True) -> None:
        self._schedule = schedule
        self._ends_are_due = ends_are_due
        self._has_begun = False
        self._asked = -1
        self._due_from: int | None = 0 if ends_are_due else None

    def begin_fit(self, step: int) -> None:
        """Begins a `fit` at a step."""
        if self._ends_are_due:
            self.request()
        elif not self._has_begun:
            # Earlier steps are not asked for.
            self._asked = step - 1
        self._has_begun = True

    def request(self) -> None:
        """Makes a record due now, regardless of the schedule."""
        self._due_from = 0

    def may_be_due(self, bound: int) -> bool:
        """Returns whether a record may be due at a step up to this bound."""
        while self._due_from is None and self._asked < bound:
            # Counted before the call, so that a step that raises is not tried again.
            self._asked += 1
            if self._schedule(self._asked):
                self._due_from = self._asked
        return self._due_from is not None

    def is_due(self, step: int) -> bool:
        """Returns whether a record is due at this step."""
        self.may_be_due(step)
        return self._due_from is not None and self._due_from <= step

    def taken(self, step: int) -> None:
        """Marks the record as taken at this step."""
        self._due_from = None
        self._asked = step
