"""Finds the rows of layers in a run."""

from keras_xavier.statistics import Role


def rows_of_layers(run, role=Role.LAYER):
    """Returns the indices of layers, without biases, inputs and targets."""
    return [i for i, row in enumerate(run.layers) if row.role is role]
