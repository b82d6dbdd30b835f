"""Limits the time of a repeated task to a share of the time in which it runs."""


class Budget:
    """The time that a repeated task has taken and may take.

    Args:
        share: float. Largest share of the elapsed time.
        cost: float. Expected duration of the first task, in seconds. Defaults to 0.

    Attributes:
        share: float. Largest share of the elapsed time.
        spent: float. Duration of all tasks so far, in seconds.

    Example:

    >>> budget = Budget(0.02, cost=0.1)
    >>> budget.wait(elapsed=1.0)
    4.0
    """

    def __init__(self, share: float, cost: float = 0.0) -> None:
        self.spent = 0.0
        self.share = share
        self._cost = cost

    def wait(self, elapsed: float) -> float:
        """Returns the time until the next task, which is expected to take as long.

        Args:
            elapsed: float. Elapsed time in seconds, with the tasks.
        """
        return max((self.spent + self._cost) / self.share - elapsed, 0.0)

    def spend(self, seconds: float, *, is_typical: bool = True) -> None:
        """Counts a task; `is_typical` states whether the next may take as long."""
        self.spent += seconds
        if is_typical:
            self._cost = seconds
