"""Edits the layers of a program in a copy, and writes them as lines of code."""

from collections.abc import Callable, Sequence

from keras_xavier.diagnosis.code_changes import call
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.recording.model_graph import settings
from keras_xavier.remedies.graph_edits import (
    Config,
    Entry,
    OutputLayers,
    entries,
    hidden_entries,
    outputs,
)
from keras_xavier.remedies.program import Program, Remedy

MOST_LINES = 3


def line(program: Program, layer: Config) -> str:
    """Writes a layer as a line of code."""
    known = settings(program.network.deserialize(connectionless(layer)))
    if layer["class_name"] == "Lambda":
        return f'keras.layers.Lambda(..., name="{layer["config"]["name"]}")'
    known = {
        name: value.rpartition(">")[2] if isinstance(value, str) else value
        for name, value in (known or {}).items()
    }
    named = str(layer.get("module", "")).partition(".")[0] == "keras"
    prefix = "keras.layers." if named else ""
    return call(f"{prefix}{layer['class_name']}", known)


def connectionless(layer: Config) -> Config:
    return {key: value for key, value in layer.items() if key != "inbound_nodes"}


def code_change(before: Sequence[str], after: Sequence[str]) -> CodeChange:
    """Makes a change of lines; of equal lines, one stands for all."""
    return CodeChange(shown(before), shown(after))


def shown(lines: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(lines))
    more = [f"# … and {len(distinct) - MOST_LINES} more"]
    return "\n".join(distinct[:MOST_LINES] + (more if distinct[MOST_LINES:] else []))


def edited(
    program: Program,
    title: str,
    edit: Callable[[Config, list[Entry], list[OutputLayers]], list[Entry]],
) -> Remedy | None:
    """Edits layers in place in a copy; `None` if the edit changes none.

    Args:
        program: `Program`.
        title: str. Title of the remedy.
        edit: Function of the configuration, its hidden layers, and its outputs, that
            changes layers and returns them.
    """
    config = program.network.copied()
    originals = {
        id(new.layer): line(program, old.layer)
        for new, old in zip(
            entries(config), entries(dict(program.network.config)), strict=True
        )
    }
    changed = edit(config, hidden_entries(config), outputs(config))
    if not changed:
        return None
    after = [line(program, one.layer) for one in changed]
    before = [originals[id(one.layer)] for one in changed]
    return Remedy(title, program.with_config(config), (code_change(before, after),))


def set_activation(entry: Entry, activation: str) -> None:
    """Replaces the activation function of a layer, or an activation layer."""
    if "activation" in entry.settings:
        entry.settings["activation"] = activation
        return
    name = entry.name
    entry.layer["module"] = "keras.layers"
    entry.layer["class_name"] = "Activation"
    entry.layer["registered_name"] = None
    entry.layer["config"] = {"name": name, "activation": activation}
