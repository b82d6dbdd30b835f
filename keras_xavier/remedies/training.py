"""Trains a changed program and records it."""

from collections.abc import Callable

import keras

from keras_xavier.recording import LayerStatistics, measuring
from keras_xavier.recording.schedules import dense_early
from keras_xavier.remedies.graph_edits import entries
from keras_xavier.remedies.judging import Judge, metric_name
from keras_xavier.remedies.network import private_random_state, write_weights
from keras_xavier.remedies.trial import Batches, Trial

PROBED = 100
PATIENCE = 5
Watch = Callable[[int], None]
"""Called with the number of updates."""


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
        trial.path,
        hyperparameters=trial.hyperparameters(),
        step_quality=plan.measures_steps,
        mode="overwrite",
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
