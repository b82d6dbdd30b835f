"""What is asked of Keras; the only place that uses what Keras hides."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, count
from typing import Any

import keras
from keras.src.backend import compute_output_spec
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask
from keras.src.losses.loss import unscale_loss_for_distribution

Tensor = Any


def build(model: keras.Model, x: Any) -> None:
    """Creates the weights of a model that waits for its first data."""
    if all(layer.built for layer in all_layers(model)):
        return
    one = keras.tree.map_structure(
        lambda array: keras.KerasTensor((1, *array.shape[1:]), array.dtype), x
    )
    compute_output_spec(model, one, training=False)


def build_for_training(model: keras.Model, iterator: Any) -> bool:
    """Likewise, of its metrics, its loss and its optimizer.

    Args:
        model: A model that is being trained.
        iterator: What its train function is called with.

    Returns:
        Whether that is possible before the first batch is known.
    """
    try:
        model._symbolic_build(data_batch=iterator.element_spec)
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def is_built(model: keras.Model) -> bool:
    return all(layer.built for layer in all_layers(model))


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """The model, its layers, and the layers inside of these."""
    return list(model._flatten_layers())


def inner_layers(layer: keras.Layer) -> list[keras.Layer]:
    """The layers inside of a layer."""
    return list(layer._flatten_layers(include_self=False))


def layer_names(model: keras.Model) -> dict[int, str]:
    """Names of all layers by identity; the owner's name goes before that of a part."""
    names: dict[int, str] = {}
    found = [("", model)]
    for prefix, owner in found:
        for part in owner._layers:
            if id(part) not in names:
                name = unused(prefix + part.name, names.values())
                names[id(part)] = name
                found.append((f"{name}/", part))
    return names


def unused(name: str, others: Collection[str]) -> str:
    """A name that others do not have."""
    numbered = (f"{name}#{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in others)


def own_weights(layer: keras.Layer) -> list[keras.Variable]:
    """Weights of a layer without those of the layers inside of it."""
    # Some wrappers hold those of what they wrap too.
    others = {id(weight) for part in inner_layers(layer) for weight in part.weights}
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    return [weight for weight in own if id(weight) not in others]


def compilation(model: keras.Model) -> tuple[object, ...]:
    """The model and what `compile` made: other objects after each `compile`."""
    return model, model._compile_loss, model.optimizer


def is_same(then: Sequence[object], model: keras.Model) -> bool:
    """Whether a model is compiled as it was then."""
    now = compilation(model)
    return all(one is other for one, other in zip(then, now, strict=True))


def compute_loss(model: keras.Model, x: Any, y: Any, predictions: Any) -> Tensor:
    """The loss of the model, computed as in `evaluate`."""
    loss = model._compute_loss(x=x, y=y, y_pred=predictions, training=False)
    # Inside the scope of a strategy, Keras leaves a share to each replica.
    return unscale_loss_for_distribution(loss)


def keep_mask(tensor: Tensor, of: Tensor) -> Tensor:
    """Gives a tensor the mask of another one, whose place it takes."""
    if tensor is not of and (mask := get_keras_mask(of)) is not None:
        set_keras_mask(tensor, mask)
    return tensor


def optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """The optimizer of `compile`, and those that the model holds beside it."""
    found = {id(model.optimizer): model.optimizer}
    for value in vars(model).values():
        inside = value.values() if isinstance(value, Mapping) else value
        parts = inside if isinstance(value, (Mapping, Sequence)) else [value]
        found |= {id(part): part for part in parts}
    return [o for o in found.values() if isinstance(o, keras.optimizers.Optimizer)]


def innermost(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that updates, inside of one that scales losses."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def loss_scale(model: keras.Model) -> keras.Variable | None:
    """What mixed precision multiplies the loss with, if it does."""
    optimizer = getattr(model, "optimizer", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and optimizer.built:
        return optimizer.dynamic_scale
    return None


def call_counters(model: keras.Model) -> list[keras.Variable]:
    """Count the calls of each optimizer, while `iterations` counts its updates."""
    inner = [innermost(optimizer) for optimizer in optimizers(model)]
    return [optimizer._iterations for optimizer in inner]


def batches_per_update(model: keras.Model) -> int:
    """How many gradients the optimizer accumulates."""
    if model.optimizer is None:
        return 1
    return innermost(model.optimizer).gradient_accumulation_steps or 1


def updated_variables(
    optimizer: keras.optimizers.Optimizer, arguments: Mapping[str, Any]
) -> list[keras.Variable]:
    """The variables whose gradients an optimizer is given.

    Args:
        optimizer: The optimizer.
        arguments: Those of its method `apply`, or of `stateless_apply`.
    """
    given = arguments.get("trainable_variables")
    # In `stateless_apply` these are the values of the variables.
    if given is None or "optimizer_variables" in arguments:
        return list(optimizer._trainable_variables)
    return list(given)


def own_activation(layer: keras.Layer) -> Any:
    """What a layer holds as its `activation`; `None` if it only passes one on."""
    # PyTorch keeps what is a layer itself in a place of its own.
    modules = vars(layer).get("_modules", {})
    return vars(layer).get("activation", modules.get("activation"))


@contextmanager
def shadowed(*shadows: tuple[object, Mapping[str, Any]]) -> Iterator[None]:
    """Puts attributes in front of an object's own, and takes them back.

    This goes past `setattr`, which would track, or refuse, what is set.
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


def make_train_function(
    model: keras.Model, step: Callable[..., Any], *, batches: int
) -> Callable[..., Any]:
    """Makes what `fit` calls, of another step, or with other `steps_per_execution`.

    The model's own train function stays as it is. What is made must be called with
    the attributes in place that it was made with, see `training_attributes`.
    """
    kept = {"train_function": model.train_function, "_jit_compile": model.jit_compile}
    if keras.backend.backend() == "torch":
        # What torch.compile takes must be free of hooks.
        kept["_jit_compile"] = False
    with shadowed((model, {**training_attributes(step, batches=batches), **kept})):
        model.make_train_function(force=True)
        return vars(model)["train_function"]


def training_attributes(step: Callable[..., Any], *, batches: int) -> dict[str, Any]:
    """Attributes of a model that its train function reads when it runs."""
    return {"train_step": step, "steps_per_execution": batches}
