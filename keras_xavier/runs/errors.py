"""The error raised if a run cannot be read or written."""


class RunError(Exception):
    """Raised if a run cannot be read or written; the message has reason and remedy."""


class MissingNameError(ValueError):
    """A run does not have a statistic or a quantity of this name."""
