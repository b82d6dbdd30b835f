"""How much measuring slows training down."""

import tempfile

import keras

from benchmarks.network import BATCH_SIZE, paper_network, probe_examples
from benchmarks.results import Result, medians
from keras_xavier import datasets
from keras_xavier.callbacks import LayerStatistics

EVERY = 100
UPDATES = 1_000
REPEATS = 5


def measure() -> list[Result]:
    dataset = datasets.load("shapeset3x2")
    model = paper_network(dataset)

    def fit(*callbacks: keras.callbacks.Callback) -> None:
        model.fit(
            dataset.stream(BATCH_SIZE, seed=0),
            steps_per_epoch=UPDATES,
            verbose=0,
            shuffle=False,
            callbacks=list(callbacks),
        )

    with tempfile.TemporaryDirectory() as folder:
        statistics = LayerStatistics(
            f"{folder}/run", probe=probe_examples(dataset), every=EVERY
        )
        plain, watched = medians(fit, lambda: fit(statistics), repeats=REPEATS)
    return [
        Result("training step of the paper's network", plain / UPDATES * 1e3, "ms"),
        Result(f"training at every={EVERY}", watched / plain, "×", at_most=1.12),
    ]
