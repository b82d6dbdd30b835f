"""Share of the time of training that figures in a notebook take."""

import tempfile
from collections.abc import Iterator

import keras
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from benchmarks import network
from benchmarks.backends import on_each_backend
from benchmarks.results import Result
from keras_xavier.notebook import LiveFigure
from keras_xavier.recording import LayerStatistics

SECONDS = 40.0
FIGURES = {
    "one figure": ["overview"],
    "three figures": ["training-curves", "layer-curves", "histograms"],
}


class StopAfter(keras.callbacks.Callback):
    """Stops training when `LiveFigure` has seen enough time."""

    def __init__(self, live: LiveFigure) -> None:
        super().__init__()
        self.live = live

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.model.stop_training = self.live.training_seconds > SECONDS


def measure() -> Iterator[Result]:
    return on_each_backend(__name__)


def measure_here(backend: str) -> list[Result]:
    """Draws as often as the limit allows, until training has taken `SECONDS`."""
    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher(parent=shell)
    x, y = network.examples()
    found = []
    for name, figures in FIGURES.items():
        live = LiveFigure(figures, every=0)
        model = network.dense_network()
        with tempfile.TemporaryDirectory() as folder:
            callbacks = [LayerStatistics(f"{folder}/run"), live, StopAfter(live)]
            model.fit(x, y, 10, 100_000, verbose=0, callbacks=callbacks)
            share = live.drawing_seconds / live.training_seconds
            updates = len(shell.display_pub.outputs) - 1
            # The cell ends.
            shell.events.trigger("post_run_cell", None)
            shell.display_pub.outputs.clear()
        found += [
            Result(f"{name} during training", 100 * share, "% of its time", at_most=2),
            Result(f"{name}: seconds between updates", SECONDS / max(updates, 1), "s"),
        ]
    return found
