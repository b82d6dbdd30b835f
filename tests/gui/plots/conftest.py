"""Fixtures of the tests of plots: an open run, and a window that shows it."""

import sys
from pathlib import Path

import numpy as np
import pytest

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def run(simulation, tmp_path):
    """The writer of an open run with six records."""
    writer = simulation.write(str(tmp_path / "tanh"), records=6, layers=3, close=False)
    yield writer
    writer.close()


@pytest.fixture
def window(make_window, qtbot, run):
    made = make_window(run.path)
    qtbot.waitUntil(lambda: made.plot().data is not None)
    return made


@pytest.fixture
def append_records(simulation, run):
    """Returns a function that writes more records."""
    random = np.random.default_rng(1)
    last = 500

    def write(records=3):
        nonlocal last
        for _ in range(records):
            last += 100
            run.record(last, simulation.measure(simulation.layers_of(3), last, random))
            run.log(last, {"loss": 1.0, "error": 0.5})
        run.flush()
        return last

    return write
