"""The sample runs that come with the app: something to look at without training.

They are made by scripts/make_samples.py, and only ever read.
"""

from pathlib import Path

from keras_xavier_gui.sources.run_cache import is_within

SAMPLE_RUNS = str(Path(__file__).with_name("samples"))
"""Their folder."""
THEY_STAY = "The samples are a part of the app, and stay as they are."


def is_sample(path: str) -> bool:
    """Whether a path is that folder, or inside of it."""
    return is_within(path, SAMPLE_RUNS)
