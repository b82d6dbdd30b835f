"""Remedies that change activations and initial weights, or normalize layers."""

from typing import Any

from keras_xavier.activation_table import SUITED_INITIALIZERS
from keras_xavier.diagnosis.network import DEFAULT_INITIALIZER
from keras_xavier.initializer_table import KERAS_NAMES
from keras_xavier.probing.naming import snake_case
from keras_xavier.remedies.editing import code_change, edited, line, set_activation
from keras_xavier.remedies.graph_edits import (
    Config,
    Entry,
    entries,
    hidden_entries,
    insert_after,
    new_layer,
)
from keras_xavier.remedies.program import Facts, Program, Remedy

FAST_MOMENTUM = 0.9
"""Momentum of batch normalization that converges in some 20 updates."""
OTHER_RECTIFIERS = dict.fromkeys(("prelu", "softplus", "relu6"), "relu")
"""Functions of Keras that this package lacks, with a similar one."""


def suited_initializer(activation: str | None) -> str:
    name = OTHER_RECTIFIERS.get(activation or "", activation or "")
    suited = KERAS_NAMES[SUITED_INITIALIZERS.get(name, "normalized")]
    return suited or DEFAULT_INITIALIZER


def is_recurrent(entry: Entry) -> bool:
    return "recurrent_initializer" in entry.settings


def set_initializers(entry: Entry, activation: str | None) -> bool:
    """Gives a layer the usual initializers; returns whether this changes it."""
    chosen = {
        "recurrent_initializer": "orthogonal",
        "bias_initializer": "zeros",
        "embeddings_initializer": "uniform",
        "gamma_initializer": "ones",
        "beta_initializer": "zeros",
    }
    changed = False
    for name in entry.settings:
        if not name.endswith("_initializer"):
            continue
        default = suited_initializer(activation) if "kernel" in name else None
        value = default or chosen.get(name)
        if value and initializer_name(entry.settings[name]) != value:
            entry.settings[name] = value
            changed = True
    return changed


def initializer_name(value: Any) -> str:
    return snake_case(
        str(value.get("class_name") if isinstance(value, dict) else value)
    )


def activation_after(config: Config, entry: Entry) -> str | None:
    """Returns the activation function of a layer, or of a layer right after it."""
    if entry.activation:
        return entry.activation
    found = [one for one in entries(config) if one.owner is entry.owner]
    places = [i for i, one in enumerate(found) if one.layer is entry.layer]
    for one in found[places[0] + 1 :] if places else ():
        if one.activation and not one.has_weights:
            return one.activation
        if one.has_weights:
            return None
    return None


def better_initializers(program: Program, facts: Facts) -> Remedy | None:
    """Initializes weights as suits the activation functions, and biases with 0."""

    def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
        final = [one.weights for one in last if one.weights is not None]
        return [
            one
            for one in (*hidden, *final)
            if set_initializers(
                one, None if one in final else activation_after(config, one)
            )
        ]

    return edited(program, "Initializers suited to the activations", edit)


def hidden_activation(activation: str, *, initialize: bool) -> Any:
    """Makes a change that gives hidden layers another activation function."""

    def change(program: Program, facts: Facts) -> Remedy | None:
        def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
            plain = [one for one in hidden if not is_recurrent(one)]
            found = [one for one in plain if one.activation not in (None, activation)]
            if not any(one.activation for one in hidden):
                # The network is linear.
                found = [one for one in plain if "activation" in one.settings]
            for one in found:
                set_activation(one, activation)
            if found and initialize:
                found += [
                    one
                    for one in plain
                    if one.has_weights
                    and activation_after(config, one) == activation
                    and set_initializers(one, activation)
                    and one not in found
                ]
            return found

        return edited(program, f"{activation} in the hidden layers", edit)

    change.__name__ = f"hidden_{activation}"
    return change


USUAL_INITIALIZERS = frozenset(
    {
        *("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "zeros"),
        *("lecun_uniform", "lecun_normal", "variance_scaling", "orthogonal", "ones"),
        *("uniform", "identity", "lsuv", "critical"),
    }
)


def usual_initializers(program: Program, facts: Facts) -> Remedy | None:
    """Replaces initializers of a fixed size, or of unequal values."""
    config = dict(program.network.config)
    unusual = any(
        name.startswith(("kernel", "bias", "recurrent"))
        and name.endswith("_initializer")
        and initializer_name(value) not in USUAL_INITIALIZERS
        for one in entries(config)
        for name, value in one.settings.items()
    )
    return better_initializers(program, facts) if unusual else None


def nonlinearity(program: Program, facts: Facts) -> Remedy | None:
    """Adds activation functions to hidden layers if all of them are linear."""
    config = program.network.copied()
    if any(one.activation or is_recurrent(one) for one in hidden_entries(config)):
        return None
    return relu_in_hidden_layers(program, facts)


def no_hidden_sigmoid(program: Program, facts: Facts) -> Remedy | None:
    """Replaces sigmoid, which shrinks gradients at least fourfold in each layer."""
    config = program.network.copied()
    found = any(
        one.activation in ("sigmoid", "hard_sigmoid") and not is_recurrent(one)
        for one in hidden_entries(config)
    )
    return relu_in_hidden_layers(program, facts) if found else None


def no_hidden_softmax(program: Program, facts: Facts) -> Remedy | None:
    """Replaces softmax in the hidden layers of a sequential model."""
    config = program.network.copied()
    found = any(
        one.activation == "softmax" and "output_layers" not in one.owner
        for one in hidden_entries(config)
    )
    return relu_in_hidden_layers(program, facts) if found else None


relu_in_hidden_layers = hidden_activation("relu", initialize=True)
leaky_relu_in_hidden_layers = hidden_activation("leaky_relu", initialize=True)


def batch_normalization(program: Program, facts: Facts) -> Remedy | None:
    """Normalizes the preactivations of hidden layers."""
    config = program.network.copied()
    found = [
        one
        for one in hidden_entries(config)
        if one.has_weights
        and not one.is_wrapped
        and not is_recurrent(one)
        and one.kind != "MultiHeadAttention"
        and ("activation" in one.settings)
    ]
    kinds = {one.kind for one in entries(config)}
    if not found or kinds & {"BatchNormalization", "LayerNormalization"}:
        return None
    before, after = [], []
    for one in found:
        before.append(line(program, one.layer))
        activation = one.settings["activation"]
        norm = new_layer("BatchNormalization", f"{one.name}_normalization")
        added = [norm]
        if one.activation is not None:
            one.settings["activation"] = "linear"
            name = f"{one.name}_activation"
            added.append(new_layer("Activation", name, activation=activation))
        insert_after(one, added)
        after.append(",\n".join(line(program, layer) for layer in (one.layer, *added)))
    change = code_change(before[:1], after[:1])
    return Remedy("Batch normalization", program.with_config(config), (change,))


def faster_statistics(program: Program, facts: Facts) -> Remedy | None:
    """Lowers the momentum of batch normalization."""

    def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
        slow = [
            one
            for one in entries(config)
            if one.layer["class_name"] == "BatchNormalization"
            and one.settings.get("momentum", 0.0) > FAST_MOMENTUM
        ]
        for one in slow:
            one.settings["momentum"] = FAST_MOMENTUM
        return slow

    return edited(program, f"Batch normalization with momentum {FAST_MOMENTUM}", edit)
