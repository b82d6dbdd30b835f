"""The sample runs that ship with the app, to explore it without training.

scripts/make_samples.py makes them; the app never changes them.
"""

from pathlib import Path

from keras_xavier_gui.sources.paths import is_within

SAMPLE_RUNS = str(Path(__file__).parents[1] / "samples")
"""Path of their folder."""
READ_ONLY = "The samples are part of the app and cannot be changed."


def is_sample(path: str) -> bool:
    """Whether a path is the folder of samples or inside it."""
    return is_within(path, SAMPLE_RUNS)
