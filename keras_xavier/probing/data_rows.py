"""Rows of the layer table for the inputs and targets of a batch."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_xavier.probing import naming
from keras_xavier.probing.backend import Tensor
from keras_xavier.probing.tensor_recorder import COMPOSITES, TensorRecorder
from keras_xavier.probing.unit_axes import LAST, number_of_units
from keras_xavier.statistics import Layer, Quantity, Role

KINDS = {Role.INPUT: "Input", Role.TARGET: "Target"}
# The reasons for absent quantities are stored in runs, as in `layer_table`.
ONLY_VALUES = "inputs and targets have activations only"


def mark_batch(recorder: TensorRecorder, model: keras.Model, data: Any) -> None:
    """Marks the inputs and targets that a training step receives.

    Args:
        recorder: `TensorRecorder`.
        model: `keras.Model`.
        data: The argument of `model.train_step`, which may have any structure.
    """
    try:
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
    except ValueError:
        # A training step of the program's own.
        x, y = data, None
    mark_data(recorder, model, x, y)


def mark_data(recorder: TensorRecorder, model: keras.Model, x: Any, y: Any) -> None:
    """Marks inputs and targets; `recorder.data` gets a row for each tensor."""
    known = {
        Role.INPUT: naming.input_names(model),
        Role.TARGET: naming.output_names(model),
    }
    for role, data, letter in ((Role.INPUT, x, "x"), (Role.TARGET, y, "y")):
        with recorder.errors_kept():
            for name, tensor in named_leaves(data, known[role], letter):
                add_row(recorder, role, f"{role}:{name}", tensor)


def named_leaves(
    data: Any, known: Sequence[str], default: str
) -> Iterator[tuple[str, Any]]:
    """Yields the tensors of nested data with unique names.

    Args:
        data: Tensor, or nested lists and dicts of tensors.
        known: Sequence of str. Keras's names of the tensors, if it has names.
        default: str. Name of a tensor without a name.
    """
    paths = [
        (path, leaf)
        for path, leaf in keras.tree.flatten_with_path(data)
        if leaf is not None
    ]
    has_keys = any(isinstance(part, str) for path, _ in paths for part in path)
    if not has_keys and len(known) == len(paths):
        names = list(known)
    elif len(paths) == 1 and not has_keys:
        names = [default]
    else:
        start = () if has_keys else (default,)
        names = ["/".join(str(part) for part in (*start, *path)) for path, _ in paths]
    taken: list[str] = []
    for name, (_, leaf) in zip(names, paths, strict=True):
        taken.append(naming.unused(name, taken))
        yield taken[-1], leaf


def add_row(recorder: TensorRecorder, role: Role, name: str, leaf: Any) -> None:
    absent = dict.fromkeys(Quantity, ONLY_VALUES)
    width = 1
    if (reason := why_unmeasurable(leaf)) is None:
        values = as_features(leaf)
        recorder.mark(name, values)
        width = number_of_units(values, LAST)
        del absent[Quantity.ACTIVATION]
    else:
        absent[Quantity.ACTIVATION] = reason
    recorder.data.append(
        Layer(name, KINDS[role], None, width, 0, absent=absent, role=role)
    )


def why_unmeasurable(leaf: Any) -> str | None:
    """Returns why an input or a target cannot be measured, or `None`."""
    kind = type(leaf).__name__
    if kind in COMPOSITES or getattr(leaf, "is_sparse", False):
        return f"it is a {kind}"
    shape, data_type = getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
    if shape is None or data_type is None:
        return f"it is no tensor, but a {kind}"
    try:
        name = keras.backend.standardize_dtype(data_type)
    except ValueError:
        name = str(data_type)
    if not (keras.backend.is_float_dtype(name) or name == "bool" or "int" in name):
        return f"it is of the type {name}"
    if getattr(shape, "rank", 0) is None:
        return "its number of dimensions is unknown"
    return "it is empty" if 0 in tuple(shape) else None


def as_features(leaf: Any) -> Tensor:
    """Returns floats with features along the last axis.

    Labels of shape (example,) have one feature.
    """
    tensor = keras.ops.convert_to_tensor(leaf)
    name = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(name):
        tensor = keras.ops.cast(tensor, "float32")
    while len(tensor.shape) < 2:
        tensor = keras.ops.expand_dims(tensor, -1)
    return tensor
