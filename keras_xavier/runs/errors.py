"""What goes wrong with runs."""


class RunError(Exception):
    """A run cannot be read or written; the message says why and what to do."""
