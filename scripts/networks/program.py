"""Programs that train a network: what faults can change about them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from networks.data import Data

Tensor = Any
optimizers = keras.optimizers
OPTIMIZERS: Mapping[str, Callable[[float], Any]] = {
    **{"adam": optimizers.Adam, "nadam": optimizers.Nadam},
    **{"adamw": optimizers.AdamW, "rmsprop": optimizers.RMSprop},
    "sgd": optimizers.SGD,
    "momentum": lambda rate: optimizers.SGD(rate, momentum=0.9),
}


@dataclass(frozen=True)
class Program:
    """A network, its data and its training.

    Attributes:
        name: str. Kind of network and data.
        data: Function from a seed to `Data`.
        body: Function that applies the hidden layers to the inputs.
        units: int. Units of the output layer.
        kind: str. One of `"classes"`, `"binary"`, `"labels"` and `"regression"`.
        loss: Function that returns a loss.
        output: str or `None`. Activation function of the output layer.
        activation: str or `None`. Activation function of hidden layers.
        initializer: Function that returns an initializer of kernels.
        recurrent: Function that returns an initializer of recurrent kernels.
        bias: Function that returns an initializer of biases.
        depth: int. Number of hidden layers or blocks.
        dropout: float. Rate of dropout after each hidden layer; 0: none.
        l2: float. Factor of L2 regularization; 0: none.
        optimizer: str. One of `OPTIMIZERS`.
        rate: float. Learning rate.
        epochs: int. Number of epochs.
        batch_size: int. Examples per update.
        after: Function that is applied to the last hidden layer, or `None`.
    """

    name: str
    data: Callable[[int], Data]
    body: "Callable[[Program, Tensor], Tensor]"
    units: int
    kind: str
    loss: Callable[[], Any]
    output: str | None = "softmax"
    activation: str | None = "relu"
    initializer: Callable[[], Any] = lambda: "glorot_uniform"
    recurrent: Callable[[], Any] = lambda: "orthogonal"
    bias: Callable[[], Any] = lambda: "zeros"
    depth: int = 2
    dropout: float = 0.0
    l2: float = 0.0
    optimizer: str = "adam"
    rate: float = 1e-3
    epochs: int = 15
    batch_size: int = 32
    after: Callable[[Tensor], Tensor] | None = None

    def settings(self) -> dict[str, Any]:
        """Returns arguments that layers with a kernel have in common."""
        return {
            "activation": self.activation,
            "kernel_initializer": self.initializer(),
            "bias_initializer": self.bias(),
            "kernel_regularizer": keras.regularizers.L2(self.l2) if self.l2 else None,
        }

    def dropped(self, h: Tensor) -> Tensor:
        """Applies dropout, if the program has any."""
        return layers.Dropout(self.dropout)(h) if self.dropout else h

    def model(self, shape: tuple[int, ...]) -> keras.Model:
        """Builds and compiles the model."""
        inputs = keras.Input(shape)
        h = self.body(self, inputs)
        h = self.after(h) if self.after else h
        settings = {**self.settings(), "activation": self.output}
        outputs = layers.Dense(self.units, **settings)(h)
        model = keras.Model(inputs, outputs)
        model.compile(OPTIMIZERS[self.optimizer](self.rate), self.loss())
        return model
