"""Numbers of values of the tensors that a run describes."""

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.reader import Run
from keras_xavier.statistics import Quantity


def value_counts(run: Run, quantity: Quantity, record: int = 0) -> NDArray[np.float64]:
    """Returns the number of values of a quantity, shape (layer,); 0 if absent."""
    if quantity not in run.quantities or not run.records:
        return np.zeros(len(run.layers))
    counted = run.read_histogram(quantity, record).sum(axis=-1, dtype=np.int64)
    found = [
        0 if quantity in layer.absent else layer.number_of_values(quantity, int(number))
        for layer, number in zip(run.layers, counted, strict=True)
    ]
    return np.array(found, np.float64)
