"""Changes of a program, as lines of Keras code before and after."""

import json
import math
from collections.abc import Mapping
from keyword import iskeyword
from typing import Any, TypeGuard

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.diagnosis.program import function_name, graph, optimizer
from keras_xavier.initializer_table import INITIALIZER_TABLE
from keras_xavier.network.recorded import mapping
from keras_xavier.runs import Run

POSITIONAL = ("units", "filters", "rate", "kernel_size", "pool_size", "input_dim")
"""Arguments that programs write without their names."""
MODULES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "activation": "keras.layers",
    "optimizer": "keras.optimizers",
    "learning_rate": "keras.optimizers.schedules",
    "loss": "keras.losses",
}
"""Modules of the objects that arguments accept, by the end of their names."""
OWN_MODULE = "kx.initializers"
OWN_INITIALIZERS = frozenset(
    one.class_name
    for one in INITIALIZER_TABLE
    if one.class_name != "".join(map(str.capitalize, (one.keras_name or "").split("_")))
)
"""Classes of this package that Keras does not have under the same name."""
OWN_NAMES = {function_name(kind): kind for kind in OWN_INITIALIZERS}
"""The same classes by their recorded names."""
LONGEST = 88
REMOVED = object()
"""Stands for an argument that is left out."""


def layer_line(run: Run, name: str, **changes: Any) -> CodeChange | None:
    """Changes arguments of a layer.

    Args:
        run: `Run`.
        name: str. Name of the layer.
        **changes: New values of arguments; `REMOVED` leaves an argument out.

    Returns:
        `CodeChange`, or `None` if the settings of the layer are not recorded.
    """
    layer = graph(run).get(name)
    if layer is None or layer.settings is None or not is_name(layer.kind):
        return None
    line = f"keras.layers.{layer.kind}"
    return changed_call(line, layer.settings, changes)


def activation_layer_line(
    run: Run, name: str, activation: str | None
) -> CodeChange | None:
    """Replaces the function of a layer that only applies an activation function.

    Args:
        run: `Run`.
        name: str. Name of a layer of one of the kinds `OF_ACTIVATION`.
        activation: str or `None`. Name of the new function; `None` is no function.

    Returns:
        `CodeChange`, or `None` if the settings of the layer are not recorded.
    """
    layer = graph(run).get(name)
    if layer is not None and layer.kind == "Activation":
        return layer_line(run, name, activation=activation or "linear")
    before = layer_line(run, name)
    after = f'keras.layers.Activation("{activation}")' if activation else ""
    return before and CodeChange(before.before, after)


def together(*changes: CodeChange | None) -> CodeChange | None:
    """Joins changes; `None` if one of them cannot be written."""
    known = [one for one in changes if one is not None]
    if len(known) < len(changes):
        return None
    before = "\n".join(one.before for one in known if one.before)
    return CodeChange(before, "\n".join(one.after for one in known if one.after))


def compile_line(run: Run, **changes: Any) -> CodeChange | None:
    """Changes arguments of `compile`: `loss` or `optimizer`.

    Args:
        run: `Run`.
        **changes: New values; a dict with `class` is an object of Keras.
    """
    training = mapping(run.attributes.get("training"))
    known = {
        name: value
        for name, value in (
            ("optimizer", short(optimizer(run))),
            ("loss", short(training.get("loss"))),
        )
        if value
    }
    if not known:
        return None
    return changed_call("model.compile", known, changes)


def optimizer_line(run: Run, **changes: Any) -> CodeChange | None:
    """Changes arguments of the optimizer, such as `learning_rate`."""
    known = mapping(short(optimizer(run)))
    kind = known.get("class")
    if not is_name(kind):
        return None
    settings = {name: value for name, value in known.items() if name != "class"}
    return changed_call(f"keras.optimizers.{kind}", settings, changes)


DEFAULTS = {
    **{"use_ema": False, "ema_momentum": 0.99, "beta_1": 0.9, "beta_2": 0.999},
    **{"epsilon": 1e-07, "amsgrad": False, "momentum": 0.0, "nesterov": False},
    **{"from_logits": False, "reduction": "sum_over_batch_size", "rho": 0.9},
    **{"centered": False, "label_smoothing": 0.0, "axis": -1},
    **{"alpha": 0.0, "warmup_steps": 0, "staircase": False},
}
"""Settings of optimizers, schedules and losses that programs rarely write."""


def short(value: Any) -> Any:
    """Leaves out the settings of an object that have their usual values."""
    if not isinstance(value, Mapping):
        return value
    kept = {
        name: one
        for name, one in value.items()
        if one is not None
        and name != "name"
        and not (name in DEFAULTS and DEFAULTS[name] == one)
    }
    is_function = isinstance(kept.get("class"), str) and kept["class"].islower()
    return kept["class"] if is_function and len(kept) == 1 else kept


def changed_call(
    function: str, settings: Mapping[str, Any], changes: Mapping[str, Any]
) -> CodeChange:
    after = {**settings, **changes}
    after = {name: value for name, value in after.items() if value is not REMOVED}
    return CodeChange(call(function, settings), call(function, after))


def call(function: str, arguments: Mapping[str, Any]) -> str:
    """Writes a call.

    >>> call("keras.layers.Dense", {"units": 10, "activation": "relu"})
    'keras.layers.Dense(10, activation="relu")'
    """
    first = next((name for name in POSITIONAL if name in arguments), None)
    words = [] if first is None else [literal(first, arguments[first])]
    words += [
        f"{name}={literal(name, value)}"
        for name, value in arguments.items()
        if name != first and is_name(name)
    ]
    line = f"{function}({', '.join(words)})"
    if len(line) <= LONGEST or len(words) < 2:
        return line
    inner = "".join(f"    {word},\n" for word in words)
    return f"{function}(\n{inner})"


def literal(name: str, value: Any) -> str:
    """Writes a recorded value as Python; anything may be recorded."""
    if isinstance(value, Mapping):
        value = flat(value)
        kind = value.get("class")
        ending = next((end for end in MODULES if name.endswith(end)), None)
        if ending is not None and is_name(kind):
            others = {key: one for key, one in value.items() if key != "class"}
            is_class = kind[:1].isupper()
            module = OWN_MODULE if kind in OWN_INITIALIZERS else MODULES[ending]
            return call(f"{module}.{kind}", others) if is_class else kind
        items = (
            f"{json.dumps(key)}: {literal(name, one)}" for key, one in value.items()
        )
        return f"{{{', '.join(items)}}}"
    if isinstance(value, list | tuple):
        end = "," if len(value) == 1 else ""
        return f"({', '.join(literal(name, one) for one in value)}{end})"
    if isinstance(value, str):
        return text_literal(name, value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return f'float("{value}")'
        return repr(value) if value == int(value) else f"{value:.4g}"
    return repr(value)


def flat(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns an object that Keras has serialized as its class and its settings."""
    settings = value.get("config")
    if "class_name" not in value or not isinstance(settings, Mapping):
        return value
    found = short({**settings, "class": value["class_name"]})
    return found if isinstance(found, Mapping) else value


def text_literal(name: str, value: str) -> str:
    """Writes a recorded text; names that Keras does not know become functions.

    >>> text_literal("activation", "tanh")
    '"tanh"'
    >>> text_literal("activation", "keras_xavier>tanh")
    'kx.activations.tanh'
    >>> text_literal("kernel_initializer", "standard_uniform")
    'kx.initializers.StandardUniform()'
    """
    package, _, inner = value.partition(">")
    if is_name(package) and is_name(inner):
        is_own = package == "keras_xavier" and name.endswith("activation")
        return f"kx.activations.{inner}" if is_own else inner
    if name.endswith("initializer") and value in OWN_NAMES:
        return f"{OWN_MODULE}.{OWN_NAMES[value]}()"
    return json.dumps(value)


def is_name(value: Any) -> TypeGuard[str]:
    """Returns whether a recorded value may stand in code as a name."""
    return isinstance(value, str) and value.isidentifier() and not iskeyword(value)
