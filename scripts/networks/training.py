"""Trains a program, records it, and measures how well the network does."""

import json
import time
import warnings
from pathlib import Path

import keras
import numpy as np

import keras_xavier as kx
from networks.data import Array, Data
from networks.program import Program


def train(program: Program, data: Data, seed: int, path: Path) -> float:
    """Trains and records a program, unless a run is finished.

    Args:
        program: `Program`.
        data: `Data`.
        seed: int. Seed of weights and order of examples.
        path: Path of the run. A file beside it stores the score.

    Returns:
        float. Score on the test set, as of `score`.
    """
    result = path.with_name(f"{path.name}.json")
    if result.exists():
        return float(json.loads(result.read_text())["score"])
    started = time.process_time()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = program.model(data.x.shape[1:])
    with warnings.catch_warnings():
        # Keras warns of some of the faults itself.
        warnings.simplefilter("ignore")
        model.fit(
            data.x,
            data.y,
            epochs=program.epochs,
            batch_size=program.batch_size,
            validation_data=(data.test_x, data.test_y),
            verbose=0,
            callbacks=[kx.LayerStatistics(path, mode="overwrite")],
        )
    found = score(program, data, np.asarray(model(data.test_x, training=False)))
    seconds = time.process_time() - started
    result.write_text(json.dumps({"score": found, "seconds": seconds}))
    return found


def repair(program: Program, data: Data, seed: int, path: Path) -> float:
    """Returns the best score with one of the first three remedies tried.

    Each remedy is trained for as many updates as the program.
    """
    result = path.with_name(f"{path.name}.remedies.json")
    if result.exists():
        return float(json.loads(result.read_text())["score"])
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = program.model(data.x.shape[1:])
    batches = -(-len(data.x) // program.batch_size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried = kx.try_remedies(
            kx.open_run(path),
            model,
            (data.x, data.y),
            validation_data=(data.test_x, data.test_y),
            updates=batches * program.epochs,
            batch_size=program.batch_size,
            limit=3,
            seed=seed,
            verbose=False,
        )
    guessing = tried.guessing
    values = [(one.value - guessing) / (1 - guessing) for one in tried.results]
    best = float(max([0.0, *(value for value in values if np.isfinite(value))]))
    result.write_text(json.dumps({"score": best}))
    return best


def score(program: Program, data: Data, predicted: Array) -> float:
    """Returns how much of the task a network has learned.

    0 is guessing, with the most frequent class or the mean of the targets, and 1 is
    perfect: R² for a regression, and
    (accuracy - accuracy of guessing) / (1 - accuracy of guessing) for classes. Values
    below 0 and NaN count as 0.
    """
    y = data.test_y
    if program.kind == "regression":
        errors = np.square(np.float64(predicted.reshape(y.shape)) - y).sum()
        found = 1 - errors / np.square(y - y.mean(0)).sum()
    elif not np.isfinite(predicted).all():
        found = 0.0
    elif program.kind == "classes":
        classes = y.argmax(-1) if y.shape[1:] > (1,) else y.reshape(-1)
        found = skill(predicted.argmax(-1), classes)
    else:
        cut = 0.0 if program.output is None else 0.5
        predicted = predicted.reshape(len(y), -1) > cut
        y = y.reshape(len(y), -1)
        found = np.mean([skill(predicted[:, i], y[:, i]) for i in range(y.shape[1])])
    return float(max(found, 0.0)) if np.isfinite(found) else 0.0


def skill(predicted: Array, classes: Array) -> float:
    _, counts = np.unique(classes, return_counts=True)
    guessing = counts.max() / len(classes)
    return float((np.mean(predicted == classes) - guessing) / (1 - guessing))
