"""A program that trains a model, as a description that remedies change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.program import function_name
from keras_xavier.probing import introspection
from keras_xavier.recording.json_values import describe
from keras_xavier.remedies.examples import Examples
from keras_xavier.remedies.graph_edits import OutputLayers, histories, outputs
from keras_xavier.remedies.network import Network, custom_classes, describe_network
from keras_xavier.remedies.task import Task, find_task


@dataclass(frozen=True)
class Program:
    """A model with everything that training depends on.

    Attributes:
        network: `Network`.
        optimizer: dict. The serialized optimizer.
        loss: Loss, or list or dict of losses, as passed to `compile`.
        arguments: dict. Other arguments of `compile`.
        scales_inputs: bool. Whether inputs are scaled to mean 0 and variance 1.
        scales_targets: bool. Whether targets are scaled to mean 0 and variance 1.
        drops_nonfinite: bool. Whether examples with NaN or Inf are left out.
        balances_classes: bool. Whether examples of rare classes weigh more.
        stops_early: bool. Whether the weights with the smallest held-out loss are kept.
    """

    network: Network
    optimizer: Mapping[str, Any]
    loss: Any
    arguments: Mapping[str, Any]
    scales_inputs: bool = False
    scales_targets: bool = False
    drops_nonfinite: bool = False
    balances_classes: bool = False
    stops_early: bool = False

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        return self.network.deserialize(self.optimizer)

    def build(self) -> keras.Model:
        """Makes a new model and compiles it."""
        model = self.network.build()
        model.compile(optimizer=self.make_optimizer(), loss=self.loss, **self.arguments)
        return model

    def with_config(self, config: Mapping[str, Any]) -> "Program":
        return replace(self, network=replace(self.network, config=config))


@dataclass(frozen=True)
class Remedy:
    """A change of a program.

    Attributes:
        title: str. The change in a few words.
        program: `Program` after the change.
        changes: Tuple of `CodeChange`. The change as lines of code.
    """

    title: str
    program: Program
    changes: tuple[CodeChange, ...]


@dataclass(frozen=True)
class Facts:
    """Facts about the data.

    Attributes:
        tasks: Tuple of `Task`, by output.
        x: Inputs of the training examples, as lists or dicts of arrays.
        y: Tuple of arrays. Targets of the training examples, by output.
    """

    tasks: tuple[Task, ...]
    x: Any
    y: tuple[Any, ...]


def describe_program(model: keras.Model) -> Program:
    """Describes a compiled model.

    Raises:
        ValueError: If the model is not compiled, or cannot be rebuilt.
    """
    if not isinstance(model, keras.Model):
        raise ValueError(
            f"`model` must be a keras.Model. Received: {type(model).__name__}"
        )
    if not model.compiled:
        raise ValueError(
            f"The model {model.name!r} is not compiled. Call "
            "model.compile(optimizer, loss) with the optimizer and the loss that train "
            "it; a function passed as `train` finds them in model.optimizer and "
            "model.loss"
        )
    network = describe_network(model)
    arguments = introspection.compile_arguments(model)
    used = ("loss_weights", "run_eagerly", "jit_compile")
    optimizer = introspection.innermost(model.optimizer)
    objects = {**network.objects, **custom_classes(optimizer)}
    return Program(
        replace(network, objects=objects),
        keras.saving.serialize_keras_object(optimizer),
        model.loss,
        {name: arguments[name] for name in used if arguments.get(name) is not None},
    )


def program_outputs(program: Program) -> list[OutputLayers]:
    return outputs(dict(program.network.config))


def loss_names(program: Program, count: int) -> list[str | None]:
    """Returns the name of the loss of each output; `None` if it is the user's."""
    return [loss_name(one) for one in losses_by_output(program, count)]


def losses_by_output(program: Program, count: int) -> list[Any]:
    loss = program.loss
    if isinstance(loss, Mapping):
        keys = output_keys(program)
        loss = (
            [loss.get(key) for key in keys]
            if set(keys) >= set(loss)
            else (list(loss.values()))
        )
    if isinstance(loss, list | tuple):
        return list(loss) if len(loss) == count else [None] * count
    return [loss] * count


def loss_name(loss: Any) -> str | None:
    module = str(getattr(loss, "__module__", "keras")).partition(".")[0]
    if loss is None or (not isinstance(loss, str) and module != "keras"):
        module = str(type(loss).__module__).partition(".")[0]
        if module != "keras":
            return None
    return function_name(described_loss(loss))


def described_loss(loss: Any) -> Any:
    return (
        {"class": loss.__class__.__name__}
        if hasattr(loss, "get_config")
        else (describe(loss))
    )


def takes_logits(loss: Any) -> bool:
    """Returns whether a loss of Keras takes logits."""
    config = loss.get_config() if hasattr(loss, "get_config") else {}
    return config.get("from_logits") is True


def find_facts(program: Program, examples: Examples) -> Facts:
    """Finds the task of each output, and keeps the data to look at."""
    targets = ordered(examples.y, program)
    last = program_outputs(program)
    names = loss_names(program, len(targets))
    tasks = []
    for place, one in enumerate(targets):
        if not np.issubdtype(one.dtype, np.number) and one.dtype != bool:
            raise ValueError(
                f"Targets must be numbers. Received: targets of type {one.dtype}"
            )
        activation = last[place].activation if len(last) == len(targets) else None
        tasks.append(find_task(one, loss=names[place], activation=activation))
    return Facts(tuple(tasks), examples.x, targets)


def ordered(values: Any, program: Program) -> tuple[Any, ...]:
    """Returns targets or predictions as a tuple, in the order of the outputs."""
    if isinstance(values, Mapping):
        keys = output_keys(program)
        if set(keys) == set(values):
            return tuple(values[key] for key in keys)
        return tuple(values.values())
    return tuple(keras.tree.flatten(values))


def output_keys(program: Program) -> list[str]:
    """Returns the names of the outputs, as targets and losses in dicts name them."""
    given = program.network.config["config"].get("output_layers")
    if isinstance(given, Mapping):
        return list(given)
    return [history[0] for history in histories(given)]
