"""Makes train functions of a model, from private attributes of Keras."""

from collections.abc import Callable
from typing import Any

import keras

from keras_xavier.probing.introspection import shadowed


def make_train_function(
    model: keras.Model, step: Callable[..., Any], *, batches: int
) -> Callable[..., Any]:
    """Builds a train function of another step, or with other `steps_per_execution`.

    The model's own train function does not change. Call the new function while the
    attributes that it was built with are replaced; see `training_attributes`.
    """
    # Without a train function, `make_train_function` builds one.
    before = model.train_function
    kept = {"train_function": None, "_jit_compile": model.jit_compile}
    if keras.backend.backend() == "torch":
        # torch.compile does not support hooks on tensors.
        kept["_jit_compile"] = False
    with shadowed((model, {**training_attributes(step, batches=batches), **kept})):
        model.make_train_function()
        made = vars(model)["train_function"]
    if made is None or made in (before, getattr(before, "plain", before)):
        raise TypeError("its `make_train_function` makes no other train function")
    return made


def training_attributes(step: Callable[..., Any], *, batches: int) -> dict[str, Any]:
    """Returns the attributes of a model that its train function reads."""
    return {"train_step": step, "steps_per_execution": batches}
