"""Writes a run as training does, without training.

It can be run in another process: python simulation.py PATH RECORDS SECONDS
"""

import sys
import time

import numpy as np

from keras_xavier.histogram_bins import BIN_COUNT, count
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    UNIT_LIMIT,
    UNIT_STATISTICS,
    Layer,
    Measurement,
    Quantity,
    summarize,
)

SAMPLES = 300
LOSS_EVERY = 5


def layers_of(number):
    hidden = [
        Layer(f"hidden_{i + 1}", "Dense", "tanh", 300, 90_300, -1.0, 1.0)
        for i in range(number)
    ]
    return (*hidden, Layer("output", "Dense", None, 9, 2709))


def measure(layers, step, random):
    """Signals and gradients fade at first; later, layers saturate from the bottom."""
    depth = len(layers)
    statistics = np.empty((len(QUANTITIES), depth, len(STATISTICS)), np.float32)
    histogram = np.empty((len(QUANTITIES), depth, BIN_COUNT), np.uint32)
    units = np.full((depth, UNIT_LIMIT, len(UNIT_STATISTICS)), np.nan, np.float32)
    progress = 1 - np.exp(-step / 2000)
    for j, layer in enumerate(layers):
        grown = progress * np.exp(-max(0, j - 4 * progress))
        spread = 0.55**j * (1 - grown) + 1.6 * grown
        preactivations = random.normal(0, spread, SAMPLES)
        values = {
            Quantity.PREACTIVATION: preactivations,
            Quantity.ACTIVATION: np.tanh(preactivations),
            Quantity.PREACTIVATION_GRADIENT: random.laplace(
                0, 1e-3 * 0.6 ** (depth - j), SAMPLES
            ),
            Quantity.WEIGHT: random.uniform(-0.06, 0.06, SAMPLES),
            Quantity.WEIGHT_GRADIENT: random.laplace(
                0, 1e-4 * 0.7 ** (depth - j), SAMPLES
            ),
            Quantity.WEIGHT_UPDATE: random.laplace(
                0, 1e-6 * 0.7 ** (depth - j), SAMPLES
            ),
        }
        for i, quantity in enumerate(QUANTITIES):
            statistics[i, j] = summarize(
                values[quantity], saturated=lambda x: np.abs(x) > 0.97
            )
            histogram[i, j] = count(values[quantity], layer.edges(quantity))
        means = values[Quantity.ACTIVATION][: min(layer.units, UNIT_LIMIT)]
        is_saturated = np.abs(means) > 0.97
        units[j, : len(means)] = np.stack(
            [means, 0.1 * (1 - means**2), 0.0 * means, is_saturated], axis=-1
        )
    loss = 2.2 * np.exp(-step / 3000) + 0.05 * random.random()
    return Measurement(statistics, histogram, {"loss": float(loss)}, units)


def write(path, *, records, layers=4, every=100, seconds=0.0, close=True, **options):
    """Writes records, and returns the writer, which stays open unless `close`."""
    table = layers_of(layers)
    random = np.random.default_rng(0)
    writer = RunWriter(
        path,
        layers=table,
        hyperparameters={"activation": "tanh", "layers": layers, "units": 300},
        **options,
    )
    for record in range(records):
        step = record * every
        measured = measure(table, step, random)
        writer.record(step, measured)
        loss = measured.scalars["loss"]
        writer.log(step, {"loss": loss, "error": loss / 3})
        if record % LOSS_EVERY == 0:
            writer.log(step, {"val_loss": loss * 1.1})
        time.sleep(seconds)
    writer.flush()
    if close:
        writer.close()
    return writer


if __name__ == "__main__":
    write(sys.argv[1], records=int(sys.argv[2]), seconds=float(sys.argv[3]))
