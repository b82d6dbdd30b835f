"""The error raised if a run cannot be read or written."""


class RunError(Exception):
    """Raised if a run cannot be read or written; the message has reason and remedy."""


class MissingNameError(ValueError):
    """A run does not have a statistic or a quantity of this name."""


class DamagedChunkError(RunError):
    """A chunk of a run is missing, truncated, or has a wrong checksum."""


class RunChangedError(RunError):
    """Files of a run have changed since it was read. `Run.refresh` reads it again.

    Another process resumed the run from an earlier step or replaced it, or not all of
    its files have arrived, on a network file system.
    """
