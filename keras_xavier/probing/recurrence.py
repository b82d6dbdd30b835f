"""Records gates and gradients by time step of recurrent layers.

The layer runs the same loop over its cell as always. Two things are added to it: the
cell also returns its gates, and zeros are added to the state of each time step. The
gradient with respect to these zeros is that of the states.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_xavier.probing import introspection
from keras_xavier.probing.backend import Tensor
from keras_xavier.probing.tensor_recorder import (
    Part,
    TensorRecorder,
    current_recorder,
)
from keras_xavier.statistics import Quantity, Role

GATES: dict[type, tuple[str, ...]] = {
    keras.layers.LSTMCell: ("input_gate", "forget_gate", "candidate", "output_gate"),
    keras.layers.GRUCell: ("update_gate", "reset_gate", "candidate"),
    keras.layers.SimpleRNNCell: (),
}
"""Names of the gates, in the order in which the cells compute them."""
RECURRENT_LAYERS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
STEP_LIMIT = 32
"""Maximum number of time steps that have a row."""


def has_gates(layer: keras.Layer) -> bool:
    """Returns whether a layer runs a cell of Keras in a loop of Keras."""
    loop = getattr(type(layer), "inner_loop", None)
    return (
        isinstance(layer, keras.layers.RNN)
        and type(layer.cell) in GATES
        and loop in {kind.inner_loop for kind in (keras.layers.RNN, *RECURRENT_LAYERS)}
    )


def recurrent_shadows(layer: keras.Layer) -> dict[str, Callable[..., Any]]:
    """Returns the replacement of the loop of a recurrent layer."""
    plain = layer.inner_loop

    def inner_loop(
        sequences: Tensor, initial_state: Any, mask: Any = None, training: Any = False
    ) -> tuple[Tensor, Tensor, Any]:
        recorder = current_recorder()
        if recorder is None:
            return plain(sequences, initial_state, mask, training)
        return run_recorded(recorder, layer, sequences, initial_state, mask)

    return {"inner_loop": inner_loop}


def run_recorded(
    recorder: TensorRecorder,
    layer: keras.Layer,
    sequences: Tensor,
    initial_state: Any,
    mask: Any,
) -> tuple[Tensor, Tensor, Any]:
    """Runs the loop of a recurrent layer, and records it."""
    cell, width = layer.cell, int(sequences.shape[-1])
    number = recorder.next_call(layer)
    valid = step_mask(mask)
    name, added = add_zeros(recorder, sequences, cell)
    recorded = {
        "cell": with_gates(cell, width),
        "return_sequences": True,
    }
    size = cell.units
    first, *others = initial_state
    # A loop expects its first state to be its output.
    gates = ops.repeat(ops.zeros_like(first), len(GATES[type(cell)]), -1)
    with introspection.shadowed((layer, recorded)):
        last, outputs, states = keras.layers.RNN.inner_loop(
            layer,
            ops.concatenate([sequences, added], -1),
            [ops.concatenate([first, gates], -1), *others],
            mask,
        )
    add_gates(recorder, layer, number, outputs[..., size:], valid)
    for step in evenly_spaced_steps(sequences.shape[1]):
        part = Part(
            layer,
            number,
            f"step_{step}",
            Role.TIME_STEP,
            Quantity.PREACTIVATION_GRADIENT,
            size,
            mark=name,
            place=step - 1,
        )
        recorder.add_part(part, mask=valid)
    states = [states[0][..., :size], *states[1:]]
    return last[..., :size], outputs[..., :size], states


def add_zeros(
    recorder: TensorRecorder, sequences: Tensor, cell: keras.Layer
) -> tuple[str, Tensor]:
    """Returns marked zeros of shape (example, time step, unit), and their mark."""
    shape = (*ops.shape(sequences)[:2], cell.units)
    # Gradients are computed only for what depends on a weight.
    weight = ops.convert_to_tensor(cell.recurrent_kernel)[0, 0]
    zeros = ops.where(
        ops.zeros(shape, "bool"),
        ops.cast(weight, sequences.dtype),
        ops.zeros(shape, sequences.dtype),
    )
    name = f"ds/part/{len(recorder.parts)}"
    return name, recorder.mark_gradient(name, zeros)


def with_gates(cell: keras.Layer, width: int) -> Callable[..., tuple[Tensor, Any]]:
    """Returns a cell whose output and first state are its state with its gates.

    Args:
        cell: Cell.
        width: int. Number of features of the inputs; the zeros to add follow them.
    """
    names = GATES[type(cell)]

    def call(inputs: Tensor, states: Any) -> tuple[Tensor, Any]:
        gates: list[Tensor] = []

        def keeping(function: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
            def keep(s: Tensor) -> Tensor:
                gates.append(function(s))
                return gates[-1]

            return keep

        functions = {
            name: keeping(getattr(cell, name))
            for name in ("activation", "recurrent_activation")
            if hasattr(cell, name)
        }
        with introspection.shadowed((cell, functions)):
            own = [states[0][..., : cell.units], *states[1:]]
            h, new_states = cell(inputs[..., :width], own)
        h = h + inputs[..., width:]
        output = ops.concatenate([h, *gates[: len(names)]], -1)
        return output, [output, *new_states[1:]]

    return call


def step_mask(mask: Any) -> Tensor | None:
    """Returns a mask of shape (example, time step), or `None`."""
    mask = next(iter(keras.tree.flatten(mask)), None)
    if mask is None:
        return None
    mask = ops.cast(mask, "bool")
    return mask[..., 0] if len(mask.shape) == 3 else mask


def add_gates(
    recorder: TensorRecorder,
    layer: keras.Layer,
    number: int,
    gates: Tensor,
    mask: Tensor | None,
) -> None:
    """Adds the gates, given side by side."""
    cell = layer.cell
    names = GATES[type(cell)]
    if layer.go_backwards:
        # In the order of the inputs, as the mask.
        gates = ops.flip(gates, 1)
    for place, name in enumerate(names):
        activation = (
            cell.activation if name == "candidate" else cell.recurrent_activation
        )
        part = Part(
            layer,
            number,
            name,
            Role.GATE,
            Quantity.ACTIVATION,
            activation=activation,
        )
        first = place * cell.units
        recorder.add_part(part, gates[..., first : first + cell.units], mask)


def evenly_spaced_steps(number: int | None) -> list[int]:
    """Returns the time steps that have a row, from 1; none if the number is unknown."""
    if number is None:
        return []
    return [
        int(step)
        for step in np.unique(np.linspace(1, number, min(number, STEP_LIMIT)).round())
    ]
