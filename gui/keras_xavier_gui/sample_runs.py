"""The sample runs that come with the app: something to look at without training.

They are made by scripts/make_samples.py, and only ever read.
"""

from pathlib import Path

SAMPLE_RUNS = str(Path(__file__).with_name("samples"))
"""Their folder."""
