"""Remedies that change dropout and regularization."""

from typing import Any

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.remedies.editing import edited, line
from keras_xavier.remedies.graph_edits import (
    Config,
    Entry,
    entries,
    hidden_entries,
    insert_after,
    new_layer,
)
from keras_xavier.remedies.program import Facts, Program, Remedy

HEAVY_DROPOUT, LOW_DROPOUT = 0.5, 0.2
WEAKER = 100.0
ADDED_DROPOUT = 0.4
ADDED_L2 = 0.01


def dropout_of(share: float, *, above: float) -> Any:
    """Makes a change that lowers the rates of dropout above a rate."""

    def change(program: Program, facts: Facts) -> Remedy | None:
        def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
            changed: list[Entry] = []
            for one in entries(config):
                rates = [
                    name
                    for name in ("rate", "dropout", "recurrent_dropout", "stddev")
                    if name in one.settings
                    and isinstance(one.settings[name], int | float)
                    and one.settings[name] > above
                ]
                for name in rates:
                    one.settings[name] = share
                if rates:
                    changed.append(one)
            return changed

        title = f"Dropout of {share:g}" if share else "No dropout"
        return edited(program, title, edit)

    change.__name__ = f"dropout_of_{share}"
    return change


lower_dropout = dropout_of(LOW_DROPOUT, above=HEAVY_DROPOUT)
no_dropout = dropout_of(0.0, above=0.0)


def no_regularization(program: Program, facts: Facts) -> Remedy | None:
    """Removes penalties on weights and activations."""

    def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
        changed = []
        for one in entries(config):
            names = [
                name
                for name, value in one.settings.items()
                if name.endswith("_regularizer") and value is not None
            ]
            for name in names:
                one.settings[name] = None
            if names:
                changed.append(one)
        return changed

    return edited(program, "No regularization", edit)


def weaker_regularization(program: Program, facts: Facts) -> Remedy | None:
    """Divides the factors of penalties by 100."""

    def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
        changed: list[Entry] = []
        for one in entries(config):
            before = len(changed)
            for name, value in one.settings.items():
                inner = value.get("config") if isinstance(value, dict) else None
                if not name.endswith("_regularizer") or not isinstance(inner, dict):
                    continue
                for key in ("l1", "l2"):
                    if isinstance(inner.get(key), float) and inner[key] > 0:
                        inner[key] /= WEAKER
                        if len(changed) == before:
                            changed.append(one)
        return changed

    return edited(program, "Regularization 100 times weaker", edit)


def added_dropout(program: Program, facts: Facts) -> Remedy | None:
    """Adds dropout after hidden layers."""
    config = program.network.copied()
    found = [
        one
        for one in hidden_entries(config)
        if one.kind == "Dense" and one.activation is not None and not one.is_wrapped
    ]
    if not found or any("Dropout" in one.kind for one in entries(config)):
        return None
    for one in found:
        added = new_layer("Dropout", f"{one.name}_dropout", rate=ADDED_DROPOUT)
        insert_after(one, [added])
    first = line(program, found[0].layer)
    change = CodeChange(first, f"{first},\n{line(program, added)}")
    title = f"Dropout of {ADDED_DROPOUT:g} after hidden layers"
    return Remedy(title, program.with_config(config), (change,))


def added_regularization(program: Program, facts: Facts) -> Remedy | None:
    """Adds an L2 penalty on the weights of hidden layers."""

    def edit(config: Config, hidden: list[Entry], last: Any) -> list[Entry]:
        changed = []
        for one in hidden:
            if one.settings.get("kernel_regularizer", "") is None:
                one.settings["kernel_regularizer"] = {
                    "module": "keras.regularizers",
                    "class_name": "L2",
                    "config": {"l2": ADDED_L2},
                    "registered_name": None,
                }
                changed.append(one)
        return changed

    return edited(program, f"L2 regularization of {ADDED_L2:g}", edit)
