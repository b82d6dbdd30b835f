"""Singular values of the Jacobian of each layer."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, cast

import keras
import numpy as np

from keras_xavier.probing import introspection, naming
from keras_xavier.probing.backend import Backend, Marks, Tensor, load_backend
from keras_xavier.probing.probe import to_tensor, variables
from keras_xavier.probing.selection import (
    MERGING_LAYERS,
    Layers,
    select_layers,
    table_names,
)
from keras_xavier.probing.singular_values import (
    can_be_exact,
    exact_values,
    leading_values,
)
from keras_xavier.probing.tensor_recorder import (
    TensorRecorder,
    instrumented,
    recording,
)


@dataclass(frozen=True, eq=False)
class LayerJacobian:
    """Singular values of the Jacobian between two adjacent layers.

    Attributes:
        layers: Tuple of two str. Names of the lower layer i and the upper layer i+1.
        values: Array of shape (example, value). Singular values of each example, in
            descending order; NaN if the Jacobian is not finite.
        exact: bool. Whether all singular values are included. If not, they are the
            largest, approximated from below.
    """

    layers: tuple[str, str]
    values: np.ndarray
    exact: bool


def layer_jacobian_singular_values(
    model: keras.Model, x: Any, *, layers: Layers = None, batch_size: int = 128
) -> list[LayerJacobian]:
    """Returns the singular values of the Jacobian of each layer, for each example.

    The Jacobian J = ∂z^{i+1} / ∂z^i describes how small changes of the activations z^i
    of a layer change the activations of the next layer. For a dense layer it is
    `diag(φ'(s)) Wᵀ`. Its singular values are the factors by which it stretches changes.
    If their mean is less than 1, signals fade in the forward pass, and gradients in the
    backward pass. For five tanh layers at initialization, Glorot & Bengio report a mean
    of about 0.8 with the normalized initialization (Glorot uniform) and 0.5 with the
    standard initialization (PyTorch-style uniform).

    The Jacobian is computed for every two measured layers that the model calls in
    succession, provided that the upper layer depends on the lower one. Parallel
    branches are left out.

    All singular values are computed if both layers have at most 1,000 units, over all
    axes of their activations, or one layer has at most 294. For larger layers, the
    largest 32 are approximated by randomized block iterations with fixed random
    vectors. Where singular values lie close together, the approximations are too small,
    by at most about 1% for random weights of 2,000 units.

    The model runs in inference mode, on copies of one example at a time. Its weights
    and random states do not change, and its loss is not used.

    Args:
        model: `keras.Model`. It need not be compiled, and is built on `x` if necessary.
        x: Array, or list or dict of arrays, with a few examples along the first axis.
            Inputs, as for `model.predict`.
        layers: str, class, function from a layer to bool, or list of str and classes.
            Names, globs such as `"conv*"` or classes of the layers to measure. Defaults
            to `None`: all layers that apply an activation function or have weights.
        batch_size: int. Number of copies of an example in a batch. Defaults to 128.

    Returns:
        List of `LayerJacobian`, one for every two adjacent layers, from the input up.

    Raises:
        ValueError: If the model does not accept `x`, or no measured layer depends on
            the layer before it.
        NotImplementedError: If Keras runs on an unsupported backend.

    Reference:

    - Glorot & Bengio (2010), section 4.2.1.
    - Halko, Martinsson & Tropp (2011), *Finding structure with randomness*.
    - Musco & Musco (2015), *Randomized block Krylov methods*.

    Example:

    >>> from keras_xavier import models
    >>> model = models.mlp((20,), classes=3, layers=2, units=50, seed=0)
    >>> for found in layer_jacobian_singular_values(model, np.ones((4, 20))):
    ...     print(*found.layers, found.values.shape)
    hidden_1 hidden_2 (4, 50)
    hidden_2 output (4, 3)
    """
    if batch_size < 1:
        raise ValueError(
            f"`batch_size` must be at least 1. Received: batch_size={batch_size}"
        )
    x = keras.tree.map_structure(to_tensor, x)
    examples = count_examples(x)
    introspection.build(model, x)
    selected = select_layers(model, layers)
    if layers is None:
        selected = [one for one in selected if not isinstance(one, MERGING_LAYERS)]
    runs = LayerRuns(model, selected)
    with instrumented(runs.layers):
        activations = runs.activations(x)
        pairs = [
            (lower, upper)
            for lower, upper in pairwise(activations)
            if runs.depends(lower, upper, *only(0, x, lower.z))
        ]
        if not pairs:
            raise ValueError(
                "A Jacobian needs two measured layers in succession, of which the "
                "second depends on the first. Received: "
                f"{[activation.name for activation in activations]}"
            )
        return [
            jacobian(runs, lower, upper, x, examples, batch_size)
            for lower, upper in pairs
        ]


@dataclass(frozen=True, eq=False)
class Activation:
    """Activations of one call of a layer.

    Attributes:
        name: str. Name of the layer, as in the layer table of a run.
        mark: str. Name of the mark, see `TensorRecorder`.
        z: Tensor. The activations.
    """

    name: str
    mark: str
    z: Tensor

    @property
    def units(self) -> int:
        return math.prod(self.z.shape[1:])


@dataclass
class Exchange:
    """Backend substitute that replaces a marked tensor in a run, and keeps another.

    Attributes:
        mark_given: str. Name of the tensor to replace.
        given: Tensor. The replacement.
        mark_wanted: str. Name of the tensor to keep.
        wanted: Tensor. The kept tensor, after a run.
    """

    mark_given: str
    given: Tensor
    mark_wanted: str
    wanted: Tensor = None

    def mark(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        if name == self.mark_wanted:
            self.wanted = tensor
        return self.given if name == self.mark_given else tensor

    def mark_gradient(self, marks: Marks, name: str, tensor: Tensor) -> Tensor:
        return tensor


class LayerRuns:
    """Runs a model from the activations of one layer to the activations of another.

    Args:
        model: `keras.Model`. A built model.
        layers: Sequence of `keras.Layer`. The measured layers, which must be
            `instrumented`.
    """

    def __init__(self, model: keras.Model, layers: Sequence[keras.Layer]) -> None:
        self.model = model
        self.layers = layers
        self.backend: Backend = load_backend()
        self.values = self.backend.read(model, variables(model), None)

    def activations(self, x: Any) -> list[Activation]:
        """Returns activations in the order in which the model calls the layers.

        Raises:
            ValueError: If the model does not accept the inputs.
        """
        recorder = TensorRecorder(self.backend)

        def run(values: list[Tensor], x: Any) -> Marks:
            def forward(values: list[Tensor], x: Any) -> None:
                self._run(recorder, values, x)

            self.backend.run_marked(forward, recorder.marks, values, x)
            names = [mark_of(recorder, index) for index in range(len(recorder.calls))]
            return {n: recorder.marks[n] for n in names if n in recorder.marks}

        try:
            marked = self.backend.compiled(run)(self.values, x)
        except (ValueError, TypeError, RuntimeError) as error:
            shapes = keras.tree.map_structure(lambda array: tuple(array.shape), x)
            raise ValueError(
                f"The model {self.model.name!r} does not accept these inputs, whose "
                f"shapes are {shapes}: {error}"
            ) from error
        called = [call.layer for call in recorder.calls]
        names = table_names(called, naming.layer_names(self.model))
        return [
            Activation(name, mark, marked[mark])
            for index, name in enumerate(names)
            if (mark := mark_of(recorder, index)) in marked
        ]

    def depends(self, lower: Activation, upper: Activation, x: Any, z: Tensor) -> bool:
        """Returns whether the upper activations depend on the lower ones."""
        return self.backend.depends(
            lambda z: self._upper(lower, upper, self.values, x, z), z
        )

    def products(
        self, lower: Activation, upper: Activation
    ) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
        """Compiles products of the Jacobian of one example with many vectors.

        Returns:
            Tuple of two functions of the values of the model's variables, the inputs
            and lower activations of one example, and vectors of shape (vector, unit).
            The first multiplies the Jacobian by each vector, approximately; the second
            multiplies its transpose.
        """

        def times(values: list[Tensor], x: Any, z: Tensor, vectors: Tensor) -> Tensor:
            step = step_size(z) / root_mean_square(vectors)
            x, z = copies(vectors.shape[0], x, z)
            change = keras.ops.cast(keras.ops.reshape(step * vectors, z.shape), z.dtype)
            above, below = (
                as_rows(self._upper(lower, upper, values, x, nearby))
                for nearby in (z + change, z - change)
            )
            return (above - below) / (2 * step)

        def transposed(
            values: list[Tensor], x: Any, z: Tensor, vectors: Tensor
        ) -> Tensor:
            x, z = copies(vectors.shape[0], x, z)

            def dot(chosen: list[Tensor]) -> Tensor:
                result = self._upper(lower, upper, values, x, chosen[0])
                return keras.ops.sum(as_rows(result) * vectors)

            _, [product] = self.backend.value_and_gradients(dot, [z], [0])
            return as_rows(product)

        return self.backend.compiled(times), self.backend.compiled(transposed)

    def _upper(
        self,
        lower: Activation,
        upper: Activation,
        values: list[Tensor],
        x: Any,
        z: Tensor,
    ) -> Tensor:
        exchange = Exchange(lower.mark, z, upper.mark)
        self._run(TensorRecorder(cast(Backend, exchange)), values, x)
        return exchange.wanted

    def _run(self, recorder: TensorRecorder, values: list[Tensor], x: Any) -> None:
        mapping = list(zip(variables(self.model), values, strict=True))
        with recording(recorder), keras.StatelessScope(mapping):
            self.model(x, training=False)


def jacobian(
    runs: LayerRuns,
    lower: Activation,
    upper: Activation,
    x: Any,
    examples: int,
    batch_size: int,
) -> LayerJacobian:
    """Computes the singular values of one Jacobian for each example."""
    compiled = runs.products(lower, upper)
    exact = can_be_exact(lower.units, upper.units)
    values = []
    for example in range(examples):
        arguments = (runs.values, *only(example, x, lower.z))
        times, transposed = (
            partial(multiply, product, arguments, batch_size) for product in compiled
        )
        if exact:
            found = exact_values(times, transposed, lower.units, upper.units)
        else:
            found = leading_values(times, transposed, lower.units)
        values.append(found)
    return LayerJacobian((lower.name, upper.name), np.stack(values), exact)


def multiply(
    product: Callable[..., Tensor],
    arguments: Sequence[Any],
    batch_size: int,
    vectors: np.ndarray,
) -> np.ndarray:
    """Multiplies vectors in batches of equal size, so that one trace suffices."""
    batches = math.ceil(len(vectors) / batch_size)
    size = math.ceil(len(vectors) / batches)
    padded = np.zeros((batches * size, vectors.shape[1]), np.float32)
    padded[: len(vectors)] = vectors
    parts = [
        product(*arguments, keras.ops.convert_to_tensor(part))
        for part in np.split(padded, batches)
    ]
    rows = np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])
    return rows[: len(vectors)]


def count_examples(x: Any) -> int:
    shapes = [tuple(array.shape) for array in keras.tree.flatten(x)]
    counts = {shape[0] if shape else 0 for shape in shapes}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(
            "`x` must have at least one example, and the same number in each array. "
            f"Received: arrays of the shapes {shapes}"
        )
    return counts.pop()


def mark_of(recorder: TensorRecorder, index: int) -> str:
    """Returns the name of the mark of a call's activations."""
    return f"{'s' if recorder.calls[index].linear else 'z'}/{index}"


def only(example: int, *arrays: Any) -> Any:
    """Returns one example of arrays, as a batch of size 1."""
    return keras.tree.map_structure(lambda a: a[example : example + 1], arrays)


def step_size(z: Tensor) -> Tensor:
    """Returns a step for finite differences at which rounding and curvature are small.

    Finite differences replace forward-mode differentiation, which backends support only
    in part: TensorFlow lacks softsign and loops, PyTorch attention.
    """
    full = keras.backend.standardize_dtype(z.dtype) in ("float32", "float64")
    return (0.005 if full else 0.1) * root_mean_square(as_rows(z))


def root_mean_square(rows: Tensor) -> Tensor:
    """Returns the root mean square of each row; 1 for rows of zeros."""
    size = keras.ops.sqrt(keras.ops.mean(rows**2, axis=-1, keepdims=True))
    return keras.ops.where(size > 0, size, 1.0)


def copies(count: int, *arrays: Any) -> Any:
    """Returns batches of copies of one example."""
    return keras.tree.map_structure(
        lambda a: keras.ops.tile(a, (count, *[1] * (len(a.shape) - 1))), arrays
    )


def as_rows(tensor: Tensor) -> Tensor:
    rows = keras.ops.reshape(tensor, (tensor.shape[0], -1))
    return keras.ops.cast(rows, "float32")
