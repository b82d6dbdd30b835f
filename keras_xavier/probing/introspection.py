"""Access to Keras; with `naming` and `train_function`, alone in using private parts."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import keras
from keras.src.backend import compute_output_spec
from keras.src.backend.common import global_state
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask
from keras.src.losses.loss import unscale_loss_for_distribution
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils import module_utils
from keras.src.utils.io_utils import print_msg

from keras_xavier.probing.random_state import random_state, set_random_state

Tensor = Any


def build(model: keras.Model, x: Any) -> None:
    """Creates the weights of a model that is not built yet."""
    if all(layer.built for layer in all_layers(model)):
        return
    one = keras.tree.map_structure(
        lambda array: keras.KerasTensor((1, *array.shape[1:]), array.dtype), x
    )
    compute_output_spec(model, one, training=False)


def is_built(model: keras.Model) -> bool:
    """Returns whether `fit` has created all weights that it creates before a batch."""
    if keras.backend.backend() != "tensorflow":
        return True
    # The model itself is never built if its training step calls its layers only.
    _, *parts = all_layers(model)
    return all(part.built for part in parts) and (model.built or has_own_step(model))


def accepts(model: keras.Model, x: Any) -> bool:
    """Returns whether inputs have the shapes that a model is built for, if known."""
    known = [tensor.shape for tensor in getattr(model, "inputs", None) or ()]
    if not known:
        shapes = list((model._build_shapes_dict or {}).values())
        known = [shape for shape in shapes if isinstance(shape, tuple)]
    given = [tuple(array.shape) for array in keras.tree.flatten(x)]
    return not known or (
        len(known) == len(given)
        and all(
            len(one) == len(other)
            and all(
                None in (a, b) or a == b
                for a, b in zip(one[1:], other[1:], strict=True)
            )
            for one, other in zip(known, given, strict=True)
        )
    )


def build_for_training(model: keras.Model, iterator: Any) -> bool:
    """Creates the weights, metrics, loss and optimizer variables of a model in `fit`.

    Args:
        model: `keras.Model` that is being trained.
        iterator: The argument of its train function.

    Returns:
        bool. Whether that was possible before the first batch.
    """
    if not is_buildable(model):
        return False
    try:
        with unchanged_state(model), warnings.catch_warnings():
            # If this fails, Keras advises the user to build the model.
            warnings.simplefilter("ignore")
            model._symbolic_build(data_batch=iterator.element_spec)
    except Exception:  # noqa: BLE001 - the first batch builds the model
        return False
    return True


def create_variables(model: keras.Model, iterator: Any) -> None:
    """Creates the variables that the model's own training step would create.

    TensorFlow traces a step a second time if variables are created in it.

    Args:
        model: `keras.Model` that is being trained.
        iterator: The argument of its train function.
    """
    methods = ("train_step", "compute_loss", "compute_metrics", "_compute_loss")
    own = any(
        getattr(type(model), name) is not getattr(keras.Model, name) for name in methods
    )
    if keras.backend.backend() != "tensorflow" or own or not is_built(model):
        return
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    metrics = model._compile_metrics
    outputs = getattr(model, "output", None)
    if metrics is not None and not metrics.built and outputs is not None:
        batch = iterator.element_spec
        if isinstance(batch, tuple) and len(batch) > 1:
            # The step itself builds the metrics if this is not possible here.
            with suppress(Exception):
                metrics.build(keras.tree.map_structure(symbolic, batch[1]), outputs)


def symbolic(spec: Any) -> Any:
    return keras.KerasTensor(spec.shape, keras.backend.standardize_dtype(spec.dtype))


def is_buildable(model: keras.Model) -> bool:
    """Returns whether a model may be built before it trains on a batch.

    A training step of the program's own may call the model on other data than `fit`
    gets, and would then find weights of wrong shapes. Code of the program's own that
    runs eagerly may depend on values, or count its calls.
    """
    eager = model.run_eagerly and not all(map(is_of_keras, all_layers(model)))
    return not (has_own_step(model) or eager)


def has_own_step(model: keras.Model) -> bool:
    """Returns whether the program has replaced the training step of Keras."""
    step = getattr(model.train_step, "__func__", None)
    return step is not keras.Model.train_step


def is_of_keras(layer: keras.Layer) -> bool:
    return type(layer).__module__.partition(".")[0] == "keras"


@contextmanager
def unchanged_state(model: keras.Model) -> Iterator[None]:
    """Undoes changes that the Python code of a model makes while it is traced.

    These are draws of random numbers in Python and NumPy, and numbers, strings and
    flags in public attributes of layers, such as counters.
    """
    # Layers that are built meanwhile keep what `build` sets.
    layers = [layer for layer in all_layers(model) if layer.built or layer is model]
    before = [plain_attributes(layer) for layer in layers]
    drawn = random_state()
    try:
        yield
    finally:
        set_random_state(drawn)
        for layer, attributes in zip(layers, before, strict=True):
            for name in plain_attributes(layer).keys() - attributes.keys():
                # The class has the value that it had before.
                if hasattr(type(layer), name):
                    del vars(layer)[name]
            vars(layer).update(attributes)


def global_seed() -> list[keras.Variable]:
    """Returns the seed of random functions of Keras without a seed, if it is used."""
    generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return [] if generator is None else [generator.state]


def plain_attributes(layer: keras.Layer) -> dict[str, Any]:
    """Returns numbers, strings and flags in public attributes of a layer."""
    return {
        name: value
        for name, value in vars(layer).items()
        if type(value) in (bool, int, float, str)
        and not name.startswith("_")
        and name != "built"
    }


def print_message(text: str) -> None:
    """Prints a line as Keras does: on the console, or in the log if so configured."""
    print_msg(text)


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """Returns the model, its layers, and the layers inside them."""
    return list(model._flatten_layers())


def inner_layers(layer: keras.Layer) -> list[keras.Layer]:
    """Returns the layers inside a layer."""
    return list(layer._flatten_layers(include_self=False))


def direct_layers(layer: keras.Layer) -> list[keras.Layer]:
    """Returns the layers inside a layer, without the layers inside of those."""
    return list(layer._layers)


def graph_nodes(model: keras.Layer) -> list[Any]:
    """Returns the calls of layers in a functional model, in the order of computation.

    Each has an `operation` and `parent_nodes`. Other layers have none.
    """
    if isinstance(model, keras.Sequential):
        model = model._functional
    depths = getattr(model, "_nodes_by_depth", {})
    return [node for depth in sorted(depths, reverse=True) for node in depths[depth]]


def output_operations(model: keras.Layer) -> list[Any]:
    """Returns the last layers or operations of a functional model, by output."""
    if isinstance(model, keras.Sequential):
        model = model._functional
    outputs = keras.tree.flatten(getattr(model, "_outputs", None) or [])
    return [tensor._keras_history.operation for tensor in outputs]


def symbolic_outputs(operation: Any) -> list[Any]:
    """Returns the symbolic outputs of the first call of a layer or operation."""
    nodes = operation._inbound_nodes
    return list(nodes[0].outputs) if nodes else []


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """Returns the arguments of `compile`; none if a model replaces `compile`."""
    stored = getattr(model, "_compile_config", None)
    return dict(stored.config) if stored is not None else {}


def own_weights(layer: keras.Layer) -> list[keras.Variable]:
    """Returns the weights of a layer without the weights of its inner layers."""
    # Some wrappers list the weights of the wrapped layer as their own.
    others = {id(weight) for part in inner_layers(layer) for weight in part.weights}
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    return [weight for weight in own if id(weight) not in others]


def compilation(model: keras.Model) -> tuple[object, ...]:
    """Returns the model, its loss and its optimizer, which `compile` replaces."""
    return model, model._compile_loss, getattr(model, "optimizer", None)


def is_same(then: Sequence[object], model: keras.Model) -> bool:
    """Returns whether a model has not been compiled again since `then`."""
    now = compilation(model)
    return all(one is other for one, other in zip(then, now, strict=True))


def compute_loss(model: keras.Model, x: Any, y: Any, predictions: Any) -> Tensor:
    """Computes the loss of the model as `evaluate` does."""
    loss = model._compute_loss(x=x, y=y, y_pred=predictions, training=False)
    # In the scope of a strategy, Keras divides the loss by the number of replicas.
    return unscale_loss_for_distribution(loss)


def training_loss(model: keras.Model, data: Any) -> Tensor:
    """Computes the loss of a batch as the training step of Keras does."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    found = {"x": x, "y": y, "y_pred": model(x, training=True)}
    return model._compute_loss(**found, sample_weight=weight, training=True)


def keep_mask(tensor: Tensor, of: Tensor) -> Tensor:
    """Copies the mask of the tensor that a tensor replaces."""
    if tensor is not of and (mask := get_keras_mask(of)) is not None:
        set_keras_mask(tensor, mask)
    return tensor


def projection_masks(
    layer: keras.Layer, arguments: Mapping[str, Any]
) -> dict[int, Tensor]:
    """Returns the masks of the projections in a multi-head attention layer, by `id`.

    Args:
        layer: `keras.layers.MultiHeadAttention` or `keras.layers.GroupQueryAttention`.
        arguments: Mapping. The arguments of its call.
    """
    given = {"key": arguments.get("value"), **arguments}
    masks = {}
    for name in ("query", "key", "value"):
        mask = given.get(f"{name}_mask")
        masks[name] = get_keras_mask(given[name]) if mask is None else mask
    if arguments.get("key") is None and masks["key"] is None:
        masks["key"] = masks["value"]
    parts = {
        layer._query_dense: masks["query"],
        layer._key_dense: masks["key"],
        layer._value_dense: masks["value"],
        layer._output_dense: masks["query"],
    }
    return {id(part): mask for part, mask in parts.items() if mask is not None}


def in_order_of_output(layer: keras.Layer, mask: Tensor) -> Tensor:
    """Returns the mask of a layer's output with the time steps as the output has them.

    Keras leaves the mask of a layer that goes backwards in the order of its input.
    """
    backwards = isinstance(layer, keras.layers.RNN) and layer.go_backwards
    return keras.ops.flip(mask, axis=1) if backwards else mask


def optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Returns the optimizer of `compile`, and optimizers in attributes of the model."""
    first = getattr(model, "optimizer", None)
    found = {id(first): first}
    for value in vars(model).values():
        inside = value.values() if isinstance(value, Mapping) else value
        parts = inside if isinstance(value, (Mapping, Sequence)) else [value]
        found |= {id(part): part for part in parts}
    return [o for o in found.values() if isinstance(o, keras.optimizers.Optimizer)]


def innermost(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns the optimizer inside a `LossScaleOptimizer`, or the optimizer."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def loss_scale(model: keras.Model) -> keras.Variable | None:
    """Returns the factor of the loss in mixed precision, or `None`."""
    optimizer = getattr(model, "optimizer", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and optimizer.built:
        return optimizer.dynamic_scale
    return None


def call_counters(model: keras.Model) -> list[keras.Variable]:
    """Returns the counters of calls; `iterations` counts the updates instead."""
    inner = [innermost(optimizer) for optimizer in optimizers(model)]
    return [optimizer._iterations for optimizer in inner]


def batches_per_update(model: keras.Model) -> int:
    """Returns how many batches the optimizer accumulates for one update."""
    inner = innermost(getattr(model, "optimizer", None))
    return getattr(inner, "gradient_accumulation_steps", None) or 1


def updated_variables(
    optimizer: keras.optimizers.Optimizer, arguments: Mapping[str, Any]
) -> list[keras.Variable]:
    """Returns the variables whose gradients an optimizer receives.

    Args:
        optimizer: `keras.optimizers.Optimizer`.
        arguments: Mapping. Arguments of its method `apply` or `stateless_apply`.
    """
    given = arguments.get("trainable_variables")
    # The argument of `stateless_apply` holds values, not variables.
    if given is None or "optimizer_variables" in arguments:
        return list(optimizer._trainable_variables)
    return list(given)


def attention_axes(layer: keras.Layer) -> int:
    """Returns the number of axes that an attention layer attends over."""
    return len(getattr(layer, "_attention_axes", None) or (1,))


def has_dropout(layer: keras.Layer) -> bool:
    """Returns whether an attention layer applies dropout to its scores."""
    return getattr(layer, "_dropout", getattr(layer, "dropout", 0)) > 0


def own_activation(layer: keras.Layer) -> Any:
    """Returns the attribute `activation` of a layer; `None` if it is a property."""
    # On PyTorch, an activation that is a layer is kept among the modules.
    modules = vars(layer).get("_modules", {})
    return vars(layer).get("activation", modules.get("activation"))


def configuration(described: Any) -> Any:
    """Returns `get_config()` of an object without importing TensorFlow.

    On other backends, Keras imports it to ask whether values are tensors of it, which
    takes seconds and hundreds of megabytes.
    """
    absent = {} if "tensorflow" in sys.modules else {"_available": False}
    with shadowed((module_utils.tensorflow, absent)):
        return described.get_config()


@contextmanager
def shadowed(*shadows: tuple[object, Mapping[str, Any]]) -> Iterator[None]:
    """Replaces attributes of objects, and restores them at the end of the block.

    This bypasses `setattr`, which would track or refuse the replacement.
    """
    with ExitStack() as stack:
        for owner, replacements in shadows:
            attributes = vars(owner)
            for name, replacement in replacements.items():
                if name in attributes:
                    stack.callback(attributes.__setitem__, name, attributes[name])
                else:
                    stack.callback(attributes.pop, name, None)
                attributes[name] = replacement
        yield
