"""Small sample runs that are part of the package, to explore it without training.

scripts/make_samples.py records them; nothing changes them later.
"""

from pathlib import Path

from keras_xavier.runs.reader import Run, open_run
from keras_xavier.runs.store import SUFFIX

SAMPLES_FOLDER = Path(__file__).parents[1] / "samples"
"""Folder of the sample runs."""
SAMPLES = ("sigmoid-standard", "tanh-standard", "tanh-normalized", "softsign-standard")
"""Names of the sample runs: activation function and initialization."""


def sample_run(name: str) -> Run:
    """Opens a sample run, which is part of the package.

    The sample runs are networks of 4 hidden layers of 120 units, trained with 4,000
    updates on Shapeset-3×2 and recorded on a probe. `"standard"` is the PyTorch-style
    uniform initialization, `"normalized"` the Glorot uniform initialization.

    Args:
        name: str. `"sigmoid-standard"`, `"tanh-standard"`, `"tanh-normalized"` or
            `"softsign-standard"`.

    Returns:
        The `Run`.

    Raises:
        ValueError: If there is no sample run of this name.

    Example:

    ```python
    run = kx.sample_run("sigmoid-standard")
    kx.figures.layer_curves(run)
    ```
    """
    return open_run(sample_path(name))


def sample_path(name: str) -> str:
    """Returns the path of a sample run.

    Raises:
        ValueError: If there is no sample run of this name.
    """
    if name not in SAMPLES:
        raise ValueError(
            f"The sample runs are {', '.join(SAMPLES)}. Received: {name!r}"
        )
    return str(SAMPLES_FOLDER / f"{name}{SUFFIX}")
