"""When to measure: schedules are functions from a step to yes or no."""

from collections.abc import Callable
from typing import Literal

Schedule = Callable[[int], bool]
Every = int | Literal["epoch"] | Schedule | None

DEFAULT_INTERVAL = 100


def dense_early(step: int) -> bool:
    """Steps 0, 1, 2, 4, …, 64, then every 100: dense where training starts.

    Example:

    >>> [step for step in range(301) if dense_early(step)]
    [0, 1, 2, 4, 8, 16, 32, 64, 100, 200, 300]
    """
    if step >= DEFAULT_INTERVAL:
        return step % DEFAULT_INTERVAL == 0
    return step & (step - 1) == 0


def make_schedule(every: Every) -> Schedule:
    """Makes a schedule of what users give as `every`.

    Args:
        every: A number of updates; `"epoch"`, which no step is due for, as
            epochs have no fixed length; a function, taken as it is; or `None`
            for `dense_early`.

    Returns:
        A function from a step to whether it is due.

    Raises:
        ValueError: If `every` is none of these.

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
        "`every` should be a positive number of updates, 'epoch', or a function "
        f"from a step to True or False. Received: every={every!r}"
    )


class DueRecords:
    """Tells when a record is due, of steps that may pass several at a time.

    What is due stays so until it is taken. The first record is due at once.

    Args:
        schedule: Whether a step is due.

    Example:

    >>> due = DueRecords(make_schedule(4))
    >>> due.taken(0)
    >>> [due.is_due(step) for step in (1, 3, 5, 6)]
    [False, False, True, True]
    >>> due.taken(6)
    >>> due.is_due(7)
    False
    """

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._asked = -1
        self._due_from: int | None = 0

    def request(self) -> None:
        """Makes a record due now, whatever the schedule says."""
        self._due_from = 0

    def may_be_due(self, bound: int) -> bool:
        """Whether a record is due if the present step is this one or an earlier one."""
        while self._due_from is None and self._asked < bound:
            # First, as a schedule that raises should be asked for other steps.
            self._asked += 1
            if self._schedule(self._asked):
                self._due_from = self._asked
        return self._due_from is not None

    def is_due(self, step: int) -> bool:
        """Whether a record is due at this step."""
        self.may_be_due(step)
        return self._due_from is not None and self._due_from <= step

    def taken(self, step: int) -> None:
        """Notes that there is a record of this step."""
        self._due_from = None
        self._asked = step
