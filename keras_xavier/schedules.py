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
