"""Keeps the masks of attention layers, which Keras removes while such a layer runs."""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_xavier.probing import introspection
from keras_xavier.probing.tensor_recorder import current_recorder

MULTI_HEAD = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)


@contextmanager
def masks_kept(model: keras.Model) -> Iterator[None]:
    """Lets recorders note the masks of the attention layers of a model."""
    layers = [
        layer
        for layer in introspection.all_layers(model)
        if isinstance(layer, MULTI_HEAD)
    ]
    with introspection.shadowed(
        *((layer, {"call": keeping_masks(layer, layer.call)}) for layer in layers)
    ):
        yield


def keeping_masks(layer: keras.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the call of an attention layer with a note of its masks.

    The projections inside the layer have the positions of the queries, keys or values.
    """
    signature = inspect.signature(call)

    @functools.wraps(call)
    def recorded(*args: Any, **kwargs: Any) -> Any:
        recorder = current_recorder()
        if recorder is not None:
            with recorder.errors_kept():
                given = signature.bind(*args, **kwargs).arguments
                recorder.inner_masks |= introspection.projection_masks(layer, given)
        return call(*args, **kwargs)

    return recorded
