"""The interface between those who ask for measurements and each backend."""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras

from keras_xavier.probing.introspection import compilation
from keras_xavier.statistics import Layer, Measurement


@dataclass(frozen=True)
class Probe:
    """A model and the fixed examples on which it is measured.

    Attributes:
        layers: The measured layers, in the order in which the model calls them.
        size: Number of examples.
        measure: Takes all statistics with the present weights, by one forward
            and backward pass in inference mode that changes nothing.
        compilation: What the pass was traced with, see `is_of`.
    """

    layers: tuple[Layer, ...]
    size: int
    measure: Callable[[], Measurement]
    compilation: tuple[object, ...] = field(repr=False)

    def is_of(self, model: keras.Model) -> bool:
        """Whether it measures this model, as it is compiled now."""
        pairs = zip(self.compilation, compilation(model), strict=True)
        return all(then is now for then, now in pairs)
