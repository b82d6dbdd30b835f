"""Writes the call of `compile` of a program as a line of code."""

from collections.abc import Mapping
from typing import Any

from keras_xavier.diagnosis.code_changes import call, short
from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.recording.json_values import describe
from keras_xavier.recording.model_graph import shortened
from keras_xavier.remedies.program import Program


def compile_line(program: Program) -> str:
    arguments = {
        "optimizer": short(shortened(program.optimizer)),
        "loss": shown_loss(program.loss),
    }
    return call("model.compile", arguments)


def shown_loss(loss: Any) -> Any:
    if isinstance(loss, Mapping):
        return {name: shown_loss(one) for name, one in loss.items()}
    if isinstance(loss, list | tuple):
        return [shown_loss(one) for one in loss]
    return short(describe(loss))


def compile_change(before: Program, after: Program) -> CodeChange:
    return CodeChange(compile_line(before), compile_line(after))
