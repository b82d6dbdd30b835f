"""The sample runs of the package, which the app shows but never changes."""

from keras_xavier.runs.samples import SAMPLES_FOLDER
from keras_xavier_gui.sources.paths import is_within

SAMPLE_RUNS = str(SAMPLES_FOLDER)
"""Path of their folder."""
READ_ONLY = "The samples are part of the app and cannot be changed."


def is_sample(path: str) -> bool:
    """Whether a path is the folder of samples or inside it."""
    return is_within(path, SAMPLE_RUNS)
