"""Trains a changed program and records it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from keras_xavier.recording import LayerStatistics, measuring
from keras_xavier.recording.json_values import describe
from keras_xavier.recording.schedules import dense_early
from keras_xavier.remedies.choosing import shown
from keras_xavier.remedies.examples import Examples
from keras_xavier.remedies.graph_edits import entries
from keras_xavier.remedies.network import (
    Network,
    Weights,
    private_random_state,
    write_weights,
)
from keras_xavier.remedies.program import (
    Program,
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

EVALUATIONS = 20
PREDICTED_AT_ONCE = 256
PROBED = 100
PATIENCE = 5
METRICS = {
    "accuracy": "val_accuracy",
    "balanced accuracy": "val_balanced_accuracy",
    "R²": "val_r2",
    "cross-entropy": "val_cross_entropy",
    "mean squared error": "val_mse",
}
"""Names of the metrics in a run, by measure and cost."""

Batches = Iterator[Any]
Train = Callable[[keras.Model, Batches], Any]
"""Trains a compiled model with batches of inputs, targets and perhaps weights."""
Watch = Callable[[int], None]
"""Called with the number of updates."""


@dataclass(frozen=True)
class Plan:
    """How each program is trained.

    Attributes:
        updates: int. Number of updates; a multiple of `epoch`.
        batch_size: int.
        seed: int. Seed of initial weights, dropout, and the order of examples.
        validates: bool. Whether the loss of the held-out examples is recorded.
        train: Function or `None`. The custom training loop.
    """

    updates: int
    batch_size: int
    seed: int
    validates: bool = False
    train: Train | None = None

    @property
    def epoch(self) -> int:
        """Number of updates between two evaluations."""
        return max(1, self.updates // EVALUATIONS)

    @property
    def total(self) -> int:
        return self.updates // self.epoch * self.epoch


@dataclass(frozen=True)
class Trial:
    """A program to be trained.

    Attributes:
        title: str. The change; `"Original"` for the program without changes.
        program: `Program`.
        original: `Network` before the change.
        tasks: Tuple of `Task`, by output.
        training: `Examples`.
        held_out: `Examples`.
        weights: Initial weights of the original.
        plan: `Plan`.
        path: str. Path of its run.
    """

    title: str
    program: Program
    original: Network
    tasks: tuple[Task, ...]
    training: Examples
    held_out: Examples
    weights: Weights
    plan: Plan
    path: str

    @property
    def measure(self) -> str:
        return common([task.measure for task in self.tasks])

    @property
    def cost(self) -> str:
        return common([task.cost for task in self.tasks])

    def hyperparameters(self) -> dict[str, Any]:
        """Returns what identifies the trial, to store with its run."""
        return {
            "remedy": self.title,
            "updates": self.plan.total,
            "batch_size": self.plan.batch_size,
            "seed": self.plan.seed,
            "fingerprint": fingerprint(self),
        }


def common(names: list[str]) -> str:
    """Returns the name of a mean of several measures."""
    distinct = list(dict.fromkeys(names))
    return distinct[0] if len(distinct) == 1 else " and ".join(distinct)


def fingerprint(trial: Trial) -> str:
    """Returns a hash of all that a trial depends on, except for the code of loops."""
    program = trial.program
    found = hashlib.sha256()
    flags = replace(program, network=Network({}), optimizer={}, loss=None)
    losses = keras.tree.map_structure(lambda one: repr_of(shown(one)), program.loss)
    for text in (
        json.dumps(describe_all(program.network.config)),
        json.dumps(describe_all(program.optimizer)),
        repr(losses),
        repr(flags),
        repr((trial.plan.validates, trial.plan.train is None)),
    ):
        found.update(text.encode())
    arrays = keras.tree.flatten(
        [trial.training.x, trial.training.y, trial.held_out.x, trial.held_out.y]
    )
    for array in (*arrays, *trial.weights.values()):
        found.update(f"{array.shape} {array.dtype}".encode())
        plain = array.dtype.hasobject
        found.update(repr(array.tolist()).encode() if plain else array.tobytes())
    return found.hexdigest()[:16]


def repr_of(value: Any) -> str:
    """Returns a text for a value that is the same in the next process."""
    return repr(describe(value))


def describe_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): describe_all(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [describe_all(one) for one in value]
    return describe(value)


def train_trial(trial: Trial, watch: Watch = lambda done: None) -> None:
    """Trains a program and records it as a run.

    Args:
        trial: `Trial`.
        watch: Function that is called with the number of updates so far.
    """
    program, plan = trial.program, trial.plan
    with private_random_state(plan.seed):
        model = program.build()
        first = trial.training.take(slice(0, 2))
        if not model.built:
            model(first.x)
        write_weights(model, trial.weights, but=initialized_anew(trial))
        training = (
            trial.training.finite() if program.drops_nonfinite else (trial.training)
        )
        judge = Judge(trial, training)
        prepared = judge.prepared(training)
        batches = prepared.batches(plan.batch_size, plan.total, plan.seed)
        if plan.train is None:
            fit(model, batches, judge, watch)
        else:
            train_in_loop(model, batches, judge, watch)


def initialized_anew(trial: Trial) -> set[str]:
    """Returns the names of layers whose initializers were changed."""
    before = {one.name: one for one in entries(trial.original.copied())}
    return {
        one.name
        for one in entries(trial.program.network.copied())
        if one.name in before
        and any(
            name.endswith("_initializer")
            and before[one.name].settings.get(name) != value
            for name, value in one.settings.items()
        )
    }


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


class Evaluation(keras.callbacks.Callback):
    """Adds the measure of the task to the logs of an epoch."""

    def __init__(self, judge: Judge, watch: Watch) -> None:
        super().__init__()
        self.judge = judge
        self.watch = watch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs |= self.judge.metrics(self.model)
        self.watch((epoch + 1) * self.judge.trial.plan.epoch)


def fit(model: keras.Model, batches: Batches, judge: Judge, watch: Watch) -> None:
    trial, plan = judge.trial, judge.trial.plan
    callbacks: list[keras.callbacks.Callback] = [Evaluation(judge, watch)]
    if trial.program.stops_early:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                metric_name(trial.cost),
                mode="min",
                patience=PATIENCE,
                restore_best_weights=True,
            )
        )
    statistics = LayerStatistics(
        trial.path, hyperparameters=trial.hyperparameters(), mode="overwrite"
    )
    statistics.planned_steps = plan.total
    model.fit(
        batches,
        epochs=plan.total // plan.epoch,
        steps_per_epoch=plan.epoch,
        shuffle=False,
        verbose=0,
        callbacks=[*callbacks, statistics],
    )


def train_in_loop(
    model: keras.Model, batches: Batches, judge: Judge, watch: Watch
) -> None:
    """Trains with the loop of the user, which is recorded as it takes batches."""
    trial, plan = judge.trial, judge.trial.plan
    train = plan.train
    if train is None:
        raise ValueError("the trial has no training loop")
    probe = judge.held_out.take(slice(0, PROBED))
    with measuring(
        model,
        trial.path,
        hyperparameters=trial.hyperparameters(),
        mode="overwrite",
    ) as recorder:
        taken = 0

        def measured() -> None:
            if dense_early(taken) or taken == plan.total:
                recorder.record(probe.x, probe.y, taken)
            if taken % plan.epoch == 0 and taken:
                recorder.log(taken, judge.metrics(model))
                watch(taken)

        def recorded() -> Batches:
            nonlocal taken
            for batch in batches:
                measured()
                yield batch
                taken += 1

        train(model, recorded())
        if taken < plan.total:
            raise ValueError(
                "`train` must take all batches, one for each update. It took "
                f"{taken} of {plan.total}"
            )
        measured()
