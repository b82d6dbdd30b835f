"""The version of the package, in one place: wheels, documentation and runs use it."""

__version__ = "0.1.0"
