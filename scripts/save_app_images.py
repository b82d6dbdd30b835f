"""Saves the images of the app in the README: docs/app.png and docs/live.gif.

Usage: QT_QPA_PLATFORM=offscreen python scripts/save_app_images.py

The animation replays a sample run as a live run.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import keras_xavier as kx
from keras_xavier.runs import Run, RunWriter
from keras_xavier.statistics import QUANTITIES, STATISTICS, Measurement
from keras_xavier_gui.application import make_application
from keras_xavier_gui.main_window import MainWindow
from keras_xavier_gui.preferences import temporary_preferences
from keras_xavier_gui.qt import QtGui
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.theme import Theme, apply_theme, set_font_size
from keras_xavier_gui.widgets.error_log import ErrorLog

DOCS = Path(__file__).parent.parent / "docs"
SPEC = kx.FigureSpec("layer-curves", quantity="activation")
APP_SIZE, LIVE_SIZE = (1280, 780), (1200, 680)
LEFT = 400
"""Width of the lists."""
FONT_SIZE = 9.0
FRAME, LAST_FRAME = 300, 1500
"""Durations in milliseconds."""
SECONDS = 60.0
"""Time to wait for a figure before giving up."""


class Session:
    """A window of the app."""

    def __init__(self, preferences: object, size: tuple[int, int]) -> None:
        self.application = make_application()
        apply_theme(Theme.LIGHT)
        # The offscreen platform has large fonts and a small screen.
        set_font_size(FONT_SIZE)
        self.window = MainWindow(ErrorLog(), preferences)
        self.window.resize(*size)
        self.window.splitters["columns"].setSizes([LEFT, size[0] - LEFT])
        self.window.show()

    def wait(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + SECONDS
        while not condition():
            if time.monotonic() > end:
                raise SystemExit("The app did not show the expected figure.")
            self.application.processEvents()
            time.sleep(0.002)

    def shows(self, runs: int, steps: int) -> bool:
        plot = self.window.plot()
        data = (plot.data if plot else None) or ()
        return len(data) == runs and all(len(one.steps) == steps for one in data)

    def grab(self) -> Image.Image:
        self.window.plot().canvas.draw()
        for _ in range(3):
            self.application.processEvents()
        image = self.window.grab().toImage()
        image = image.convertToFormat(QtGui.QImage.Format.Format_RGB888)
        bits = image.constBits()
        bits.setsize(image.sizeInBytes())
        rows = np.frombuffer(bits, np.uint8).reshape(image.height(), -1)
        pixels = rows[:, : 3 * image.width()].reshape(image.height(), -1, 3)
        return Image.fromarray(pixels.copy())


def measurements(run: Run) -> Iterator[tuple[int, Measurement]]:
    """Yields the records of a run with their steps."""
    statistics = np.stack([run.read_several(one, STATISTICS) for one in QUANTITIES])
    for record, step in enumerate(run.steps):
        histogram = np.stack([run.read_histogram(one, record) for one in QUANTITIES])
        yield int(step), Measurement(statistics[:, record], histogram)


def save_app(session: Session, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = shutil.copytree(SAMPLE_RUNS, Path(folder) / "runs")
        names = sorted(str(run) for run in runs.glob("*.zarr"))
        session.window.load(names, SPEC)
        steps = len(kx.open_run(names[0]).steps)
        session.wait(lambda: session.shows(len(names), steps))
        session.wait(lambda: all(map(session.window.digests.report, names)))
        session.grab().save(path, optimize=True)


def save_live(session: Session, path: Path) -> None:
    sample = kx.open_run(f"{SAMPLE_RUNS}/sigmoid-standard.zarr")
    frames: list[Image.Image] = []
    with tempfile.TemporaryDirectory() as folder:
        live = f"{folder}/sigmoid.zarr"
        with RunWriter(
            live, layers=sample.layers, hyperparameters=sample.hyperparameters
        ) as writer:
            for step, measured in measurements(sample):
                writer.record(step, measured)
                writer.flush()
                if not frames:
                    session.window.load([live], SPEC)
                session.wait(lambda: session.shows(1, len(frames) + 1))
                frames.append(session.grab())
    colors = frames[-1].quantize(128, dither=Image.Dither.NONE)
    images = [one.quantize(palette=colors, dither=Image.Dither.NONE) for one in frames]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=[FRAME] * (len(images) - 1) + [LAST_FRAME],
        loop=0,
        optimize=True,
    )


def main() -> None:
    for save, size, name in (
        (save_app, APP_SIZE, "app.png"),
        (save_live, LIVE_SIZE, "live.gif"),
    ):
        with temporary_preferences() as preferences:
            session = Session(preferences, size)
            save(session, DOCS / name)
            session.window.close()
            print(DOCS / name)


if __name__ == "__main__":
    main()
