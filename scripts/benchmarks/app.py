"""How long the app takes until something is to be seen."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from benchmarks.results import Result
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import (
    BIN_COUNT,
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
)

RECORDS = 10_000
LAYERS = 6
REPEATS = 5
FLUSH_EVERY = 100

# A process of its own, started as a user's would be; it prints the seconds until
# its window and until its first picture.
APP = """
import sys, time
from keras_xavier_gui.application import make_application
from keras_xavier_gui.errors import ErrorLog
from keras_xavier_gui.main_window import MainWindow

started, run = float(sys.argv[1]), sys.argv[2]
application = make_application()
window = MainWindow(ErrorLog())
window.show()
application.processEvents()
shown = time.time()
window.load([run])
seen = []
while not seen:
    application.processEvents()
    picture = window.picture()
    if picture is not None and picture.data is not None:
        picture.canvas.draw()
        seen.append(time.time())
print(shown - started, seen[0] - started)
window.close()
"""


def measure() -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        run = f"{folder}/run.zarr"
        write_run(run)
        opened = [open_app(run) for _ in range(REPEATS)]
    window, picture = map(statistics.median, zip(*opened, strict=True))
    return [
        Result("app: process start to window", window, "s", at_most=2.0),
        Result(f"app: to the picture of {RECORDS:,} records", picture, "s"),
        Result("of it, from window to picture", picture - window, "s"),
    ]


def write_run(run: str) -> None:
    layers = [Layer(f"hidden_{i}", "Dense", "tanh", 1000, 1) for i in range(LAYERS)]
    random = np.random.default_rng(0)
    shape = len(QUANTITIES), LAYERS
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    histogram[..., 500:1200] = random.poisson(400, (*shape, 700))
    writer = RunWriter(run, layers=layers)
    for step in range(RECORDS):
        values = random.normal(size=(*shape, len(STATISTICS))).astype(np.float32)
        writer.record(step, Measurement(values, histogram))
        writer.log(step, {"loss": float(np.exp(-step / 3000))})
        if step % FLUSH_EVERY == 0:
            writer.flush()
    writer.close()


def open_app(run: str) -> tuple[float, float]:
    finished = subprocess.run(
        [sys.executable, "-c", APP, str(time.time()), run],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    window, picture = map(float, finished.stdout.split())
    return window, picture
