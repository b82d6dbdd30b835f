"""Measures how well the model of a program solves its task."""

from typing import Any

import keras
import numpy as np

from keras_xavier.remedies.examples import Examples
from keras_xavier.remedies.program import (
    losses_by_output,
    ordered,
    program_outputs,
    takes_logits,
)
from keras_xavier.remedies.scaling import (
    Scale,
    apply_scales,
    input_scales,
    scale_of,
)
from keras_xavier.remedies.task import Kind, Score, Task, mean_score, score
from keras_xavier.remedies.trial import Trial

PREDICTED_AT_ONCE = 256
METRICS = {
    "accuracy": "val_accuracy",
    "balanced accuracy": "val_balanced_accuracy",
    "R²": "val_r2",
    "cross-entropy": "val_cross_entropy",
    "mean squared error": "val_mse",
}
"""Names of the metrics in a run, by measure and cost."""


class Judge:
    """Prepares data for a program, and measures how well its model solves the task."""

    def __init__(self, trial: Trial, training: Examples) -> None:
        program = trial.program
        self.trial = trial
        config = program.network.config
        self.input_scales = (
            input_scales(training.x, config) if program.scales_inputs else None
        )
        targets = ordered(training.y, program)
        self.target_scales: list[Scale | None] = [
            scale_of(values)
            if program.scales_targets and task.kind is Kind.REGRESSION
            else None
            for task, values in zip(trial.tasks, targets, strict=True)
        ]
        count = len(trial.tasks)
        found = program_outputs(program)
        self.logits = [
            takes_logits(loss)
            and len(found) == count
            and found[place].activation is None
            for place, loss in enumerate(losses_by_output(program, count))
        ]
        self.held_out = self.prepared(trial.held_out)
        self.targets = ordered(trial.held_out.y, program)

    def prepared(self, examples: Examples) -> Examples:
        """Returns examples as the program trains on them."""
        x, y, weights = examples.x, examples.y, examples.weights
        if self.input_scales is not None:
            x = apply_scales(x, self.input_scales)
        if any(scale is not None for scale in self.target_scales):
            leaves = [
                values if scale is None else scale.apply(values)
                for values, scale in zip(
                    ordered(y, self.trial.program), self.target_scales, strict=True
                )
            ]
            y = (
                dict(zip(self.keys(y), leaves, strict=True))
                if isinstance(y, dict)
                else keras.tree.pack_sequence_as(y, leaves)
            )
        if self.trial.program.balances_classes:
            weights = class_weights(self.trial.tasks[0], y)
        return Examples(as_tuples(x), as_tuples(y), weights)

    def keys(self, y: dict[str, Any]) -> list[str]:
        places = {id(values): key for key, values in y.items()}
        return [places[id(one)] for one in ordered(y, self.trial.program)]

    def score(self, model: keras.Model) -> Score:
        """Measures predictions for the held-out examples."""
        predictions = ordered(
            model.predict(self.held_out.x, batch_size=PREDICTED_AT_ONCE, verbose=0),
            self.trial.program,
        )
        return mean_score(
            [
                score(
                    task,
                    targets,
                    values if scale is None else scale.undo(values),
                    logits=logits,
                )
                for task, targets, values, scale, logits in zip(
                    self.trial.tasks,
                    self.targets,
                    predictions,
                    self.target_scales,
                    self.logits,
                    strict=True,
                )
            ]
        )

    def metrics(self, model: keras.Model) -> dict[str, float]:
        """Returns the measure and the cost as metrics of a run."""
        found = self.score(model)
        metrics = {
            metric_name(self.trial.measure): found.value,
            metric_name(self.trial.cost): found.cost,
        }
        if self.trial.plan.validates:
            metrics["val_loss"] = model.evaluate(
                self.held_out.x,
                self.held_out.y,
                batch_size=PREDICTED_AT_ONCE,
                verbose=0,
                return_dict=True,
            )["loss"]
        return metrics


def metric_name(measure: str) -> str:
    """Returns the name of a measure or cost in a run."""
    parts = [METRICS[part] for part in measure.split(" and ")]
    return "_and_".join([parts[0], *(part.removeprefix("val_") for part in parts[1:])])


def as_tuples(value: Any) -> Any:
    """Replaces lists of arrays by tuples, because generators take lists for arrays."""
    return tuple(value) if isinstance(value, list) else value


def class_weights(task: Task, y: Any) -> Any:
    """Returns the weight of each example, with which all classes weigh the same."""
    values = np.asarray(y)
    if task.kind is Kind.ONE_HOT:
        values = values.reshape(len(values), -1).argmax(1)
    classes = values.reshape(len(values), -1)[:, 0].astype(int)
    shares = np.maximum(task.frequencies, 1 / len(values))
    present = np.count_nonzero(task.frequencies)
    return (1 / (present * shares[classes])).astype(np.float32)
