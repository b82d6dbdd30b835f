"""The error that reading and writing runs raises."""


class RunError(Exception):
    """A run cannot be read or written; the message gives the reason and a remedy."""
