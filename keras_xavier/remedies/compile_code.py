"""Writes the call of `compile` of a program as a line of code."""

from collections.abc import Mapping
from typing import Any

from keras_xavier.diagnosis.code_changes import call, short
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.recording.json_values import describe
from keras_xavier.recording.model_graph import shortened
from keras_xavier.remedies.program import Program

RARE = frozenset(
    {
        *("name", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue"),
        *(
            "loss_scale_factor",
            "gradient_accumulation_steps",
            "ema_overwrite_frequency",
        ),
        *("reduction", "fn", "dtype"),
    }
)
"""Settings that are written only if they are used."""


def compile_line(program: Program) -> str:
    arguments = {
        "optimizer": short(shortened(program.optimizer)),
        "loss": shown_loss(program.loss),
    }
    if isinstance(arguments["optimizer"], Mapping):
        arguments["optimizer"] = {
            name: value
            for name, value in arguments["optimizer"].items()
            if not (name in RARE and (value is None or name == "name"))
        }
    return call("model.compile", arguments)


def shown_loss(loss: Any) -> Any:
    if isinstance(loss, Mapping):
        return {name: shown_loss(one) for name, one in loss.items()}
    if isinstance(loss, list | tuple):
        return [shown_loss(one) for one in loss]
    found = short(describe(loss))
    if isinstance(found, Mapping):
        return {
            name: value
            for name, value in found.items()
            if name not in RARE or name == "class"
        }
    return found


def compile_change(before: Program, after: Program) -> CodeChange:
    return CodeChange(compile_line(before), compile_line(after))
