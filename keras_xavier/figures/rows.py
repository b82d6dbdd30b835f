"""The rows of layer tables that figures draw, and the bounds of their activations.

By default figures draw layers. Other rows, such as biases and inputs, are drawn only if
they are named.
"""

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

import numpy as np

from keras_xavier.runs import Run
from keras_xavier.statistics import (
    ONLY_IN_TRAINING,
    Layer,
    Quantity,
    Role,
)

NOT_ON_A_PROBE = (
    "Runs measured on a probe have no weight updates if an earlier version recorded "
    "them, or if the model has its own `make_train_function`: use LayerStatistics "
    "without `probe`."
)
UNBOUNDED = (-np.inf, np.inf)
SMALLEST_BOUND, LARGEST_BOUND = 1e-30, 1e30
"""Range of bounds that an axis can show."""


def match_names(wanted: Collection[str], names: Sequence[str]) -> list[str]:
    """Returns the names that are wanted, in their order.

    Args:
        wanted: Collection of str. Names, or globs such as `"*/bias"`. A name is not
            read as a glob if it is among `names`.
        names: Sequence of str. All names.

    Example:

    >>> match_names(["*/bias"], ["dense", "dense/bias"])
    ['dense/bias']
    """
    globs = [one for one in wanted if one not in names]
    return [
        name
        for name in names
        if name in wanted or any(fnmatchcase(name, glob) for glob in globs)
    ]


def table_rows(
    layers: Sequence[Layer],
    wanted: Collection[str] | None = None,
    *,
    without: Collection[int] = (),
) -> list[int]:
    """Returns the rows of a layer table that a figure reads.

    Args:
        layers: Sequence of `Layer`. The layer table.
        wanted: Collection of str. Names or globs. Defaults to `None`: all layers. The
            colors of layers depend on all layers, so all are read if one is wanted.
        without: Collection of int. Rows that are not read unless they are named or the
            only ones, such as outputs. Defaults to none.

    Returns:
        Ascending list of int: indices into `layers`.
    """
    names = [one.name for one in layers]
    named = match_names(wanted or (), names)
    every = [i for i, one in enumerate(layers) if one.role is Role.LAYER]
    usual = [i for i in every if i not in without or names[i] in named] or every
    others = [i for i in range(len(layers)) if names[i] in named and i not in usual]
    if not usual or (named and len(others) == len(named)):
        return others or list(range(len(layers)))
    return sorted([*usual, *others])


def why_absent(layers: Sequence[Layer], quantity: Quantity) -> str | None:
    """Returns the reason why no layer has a quantity; `None` if a layer has it."""
    reasons = [layers[i].absent.get(quantity) for i in table_rows(layers)]
    if not all(reasons):
        return None
    if ONLY_IN_TRAINING in reasons:
        return NOT_ON_A_PROBE
    known = "; ".join(sorted({reason for reason in reasons if reason}))
    return f"No layer has the {quantity.label.lower()}: {known}."


def columns_of(
    run: Run,
    quantity: Quantity,
    wanted: Collection[str] | None = None,
) -> list[int]:
    """Returns indices of the rows to read that have a quantity; see `table_rows`.

    Raises:
        ValueError: If no layer has it.
    """
    for names in (wanted, None):
        rows = table_rows(run.layers, names)
        found = [i for i in rows if quantity not in run.layers[i].absent]
        if found:
            return found
    raise ValueError(f"{run.path}: {why_absent(run.layers, quantity)}")


def bounds_of(
    run: Run, quantity: Quantity, columns: list[int]
) -> tuple[tuple[float, float], ...]:
    """Returns infimum and supremum of a quantity in some layers."""
    is_activation = quantity is Quantity.ACTIVATION
    return tuple(
        drawn_bounds(run.layers[i]) if is_activation else UNBOUNDED for i in columns
    )


def drawn_bounds(layer: Layer) -> tuple[float, float]:
    """Returns infimum and supremum of an activation, unless no axis can show them."""
    bounds = layer.lower, layer.upper
    finite = [abs(bound) for bound in bounds if np.isfinite(bound)]
    size = max(finite, default=1.0)
    return bounds if SMALLEST_BOUND <= size <= LARGEST_BOUND else UNBOUNDED
