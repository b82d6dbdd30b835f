"""Numbers of values of the tensors that a run describes."""

import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.reader import Run
from keras_xavier.statistics import Quantity


def value_counts(run: Run, quantity: Quantity) -> NDArray[np.float64]:
    """Returns the number of values of a quantity in the first record, shape (layer,).

    It is 0 where the quantity is absent.
    """
    if quantity not in run.quantities or not run.records:
        return np.zeros(len(run.layers))
    counted = run.count_first_record()[run.quantities.index(quantity)]
    found = [
        0 if quantity in layer.absent else layer.number_of_values(quantity, int(number))
        for layer, number in zip(run.layers, counted, strict=True)
    ]
    return np.array(found, np.float64)
