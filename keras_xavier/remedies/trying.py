"""Tries the remedies of findings on the model of the user."""

import os
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras_xavier.diagnosis import Finding, FindingName, diagnose
from keras_xavier.diagnosis.trial_results import write_results
from keras_xavier.remedies.choosing import choose, names_of
from keras_xavier.remedies.examples import divide, read_examples
from keras_xavier.remedies.judging import metric_name
from keras_xavier.remedies.network import copy_weights, private_random_state
from keras_xavier.remedies.program import Facts, describe_program, find_facts, ordered
from keras_xavier.remedies.progress import Progress
from keras_xavier.remedies.report import Result, TrialReport, is_better
from keras_xavier.remedies.task import guessing, mean_score
from keras_xavier.remedies.training import train_trial
from keras_xavier.remedies.trial import Plan, Train, Trial
from keras_xavier.runs import Run, RunError, State, open_run, run_exists, run_path
from keras_xavier.runs.store import trials_folder

ORIGINAL = "Original"
UPDATES = 500
BATCH_SIZE = 32
LIMIT = 5
TOO_LARGE = frozenset(
    {FindingName.LEARNING_RATE_TOO_HIGH, FindingName.UPDATES_TOO_LARGE}
)
FOLDER = os.path.join("runs", "remedies")


def try_remedies(
    problem: Run | str | Finding | Sequence[Finding],
    model: keras.Model,
    data: Any,
    *,
    validation_data: Any = None,
    folder: str | os.PathLike[str] | None = None,
    updates: int = UPDATES,
    batch_size: int | None = None,
    limit: int = LIMIT,
    seed: int = 0,
    train: Train | None = None,
    parallel: bool = False,
    verbose: bool = True,
) -> TrialReport:
    """Tries remedies of a training problem on a model, and reports which of them help.

    The compiled model is rebuilt from its configuration with each change that applies
    to the findings: activation functions, initializers, normalization layers, output
    and loss, scaling of inputs or targets, learning rate, optimizer, dropout,
    regularization, gradient clipping. Each rebuilt model is trained beside the
    original, for the same number of updates, with the same seed, the same initial
    weights where a change leaves them, and the same batches in the same order. The
    changes most likely to help come first.

    All results are measured in the same way, from predictions for held-out examples in
    the units of the given targets, also where a change alters the loss or scales the
    targets: by the accuracy for classes (its mean over the classes, if one class has
    more than 80% of the examples), otherwise by R², the explained share of the
    variance. A change helps if it is better than the original and than guessing by 0.05
    and two standard errors, or if, at no lower accuracy, its cross-entropy or mean
    squared error is 20% lower than the original's and 5% lower than for guessing.

    The model, its weights, its optimizer and the state of random numbers stay as they
    are. Training begins with the weights of the model if its optimizer has made no
    update, and otherwise with new ones; layers without trainable weights, such as
    frozen layers, keep theirs.

    Each training run is recorded in the folder. A finished run is not repeated, so the
    call can be interrupted and repeated to continue.

    Args:
        problem: `Run`, path of a run, `kx.diagnosis.Finding` or sequence of findings.
            A run is diagnosed first. Without findings, changes that often help are
            tried.
        model: `keras.Model`, compiled. Sequential or Functional; its own functions and
            classes are used as they are, and layers need `get_config`.
        data: Tuple `(x, y)` or `(x, y, sample_weight)` of arrays, or of lists or dicts
            of arrays; or an iterable of batches: `tf.data.Dataset`, `PyDataset`,
            `DataLoader`. Of an iterable, at most `updates` batches and 512 MB are read.
        validation_data: As `data`. Examples to judge on. Defaults to `None`: a random
            fifth of `data`, 500 examples at most, which is not trained on.
        folder: str or path. Folder of the runs. Defaults to `None`: `NAME-remedies`
            beside a given run, otherwise `runs/remedies`.
        updates: int. Number of updates of each training run. Defaults to 500.
        batch_size: int. Defaults to `None`: the size of the batches of `data`, or 32.
        limit: int. Largest number of remedies to try. Defaults to 5.
        seed: int. Seed of the initial weights, of dropout and of the order of examples.
            Defaults to 0.
        train: Function `train(model, batches)` that trains a compiled model, for custom
            training loops. It takes all of `batches`, an iterator of `(x, y)` or
            `(x, y, sample_weight)`, and makes one update with each. When it takes a
            batch, the model must hold the current weights. It uses `model.optimizer`
            and the loss of `model`. Defaults to `None`: `model.fit`.
        parallel: bool. Whether to train in parallel with Ray, one run on each
            processor of the machine, or of the cluster that Ray is connected to.
            Defaults to `False`.
        verbose: bool. Whether to show progress on stderr. Defaults to `True`.

    Returns:
        `TrialReport`, which prints as a table. `report.helpful` lists the remedies
        that help with their code, `report.figure()` draws the curves of all runs.

    Raises:
        ValueError: If an argument is invalid, or the model cannot be rebuilt.
        RunError: If `folder` contains other runs of the same names.

    Example:

    >>> import numpy as np
    >>> import keras_xavier as kx
    >>> x = np.random.default_rng(0).normal(size=(500, 8))
    >>> y = 100 + 10 * x[:, 0]
    >>> model = keras.Sequential(
    ...     [keras.Input((8,)), keras.layers.Dense(1, activation="sigmoid")]
    ... )
    >>> model.compile(keras.optimizers.Adam(0.01), "mse")
    >>> report = kx.try_remedies([], model, (x, y), limit=1, verbose=False)
    >>> [remedy.title for remedy in report.helpful]
    ['Linear output and scaled targets']
    """
    check_counts(updates=updates, limit=limit, batch_size=batch_size)
    run, findings = read_problem(problem)
    program = describe_program(model)
    read, size = read_examples(data, batches=updates)
    if validation_data is None:
        training, held_out = divide(read, seed)
    else:
        training = read
        held_out = read_examples(validation_data, batches=updates)[0]
        held_out = replace(held_out.finite(), weights=None)
        if not len(held_out):
            raise ValueError("`validation_data` has no finite example")
    facts = find_facts(program, training)
    plan = Plan(
        updates,
        batch_size or size or BATCH_SIZE,
        seed,
        validates=FindingName.OVERFITTING in set(names_of(findings)),
        measures_steps=not TOO_LARGE.isdisjoint(names_of(findings)),
        train=train,
    )
    with private_random_state(seed):
        copy = program.build()
        if not copy.built:
            copy(training.take(slice(0, 2)).x)
        is_trained = bool(int(model.optimizer.iterations) > 0) or not model.built
        weights = copy_weights(copy, model, trained=is_trained)
        remedies = choose(findings, program, facts, limit)
    target = run_path(folder_of(folder, run)).removesuffix(".zarr")
    first = Trial(
        ORIGINAL,
        program,
        program.network,
        facts.tasks,
        training,
        held_out,
        weights,
        plan,
        path_of(target, ORIGINAL),
    )
    trials = [first] + [
        replace(
            first,
            title=one.title,
            program=one.program,
            path=path_of(target, one.title),
        )
        for one in remedies
    ]
    failures = train_all(trials, parallel=parallel, verbose=verbose)
    if failures[0]:
        raise ValueError(f"The original could not be trained: {failures[0]}")
    names = tuple(dict.fromkeys(one.name for one in findings))
    targets = ordered(held_out.y, program)
    guess = mean_score(
        [guessing(*pair) for pair in zip(facts.tasks, targets, strict=True)]
    )
    original = result_of(first, (), failures[0])
    seen = found_names(original.run) & set(names)
    results = []
    for trial, remedy, failure in zip(trials[1:], remedies, failures[1:], strict=True):
        one = result_of(trial, remedy.changes, failure)
        gone = None
        if seen and not failure:
            gone = not found_names(one.run) & seen
        error = standard_error(one.value, facts, len(held_out))
        helps = is_better(one.value, one.cost, error, original, guess)
        results.append(replace(one, helps=helps, is_gone=gone))
    report = TrialReport(
        names,
        first.measure,
        first.cost,
        len(held_out),
        guess.value,
        original,
        tuple(results),
        plan.total,
    )
    if "://" not in target:
        # The app tries and shows remedies of runs on this machine.
        try:
            write_results(report.trial_results(), target)
        except OSError as error:
            warnings.warn(
                f"The results could not be written, so the app does not list them: "
                f"{error}",
                stacklevel=2,
            )
    return report


def check_counts(**counts: int | None) -> None:
    for name, value in counts.items():
        if value is not None and (type(value) is not int or value < 1):
            raise ValueError(
                f"`{name}` must be a positive integer. Received: {name}={value!r}"
            )


def read_problem(problem: Any) -> tuple[Run | None, list[Finding]]:
    """Returns the run, if one is given, and the findings."""
    if isinstance(problem, str | os.PathLike):
        problem = open_run(problem)
    if isinstance(problem, Run):
        return problem, diagnose(problem)
    if isinstance(problem, Finding):
        return None, [problem]
    if isinstance(problem, Sequence) and all(isinstance(p, Finding) for p in problem):
        return None, list(problem)
    raise ValueError(
        "`problem` must be a run, the path of a run, a kx.diagnosis.Finding or a "
        f"sequence of findings. Received: {type(problem).__name__}"
    )


def folder_of(folder: str | os.PathLike[str] | None, run: Run | None) -> str:
    if folder is not None:
        return os.fspath(folder)
    if run is None or "://" in run.path:
        return FOLDER
    return trials_folder(run.path)


def path_of(folder: str, title: str) -> str:
    name = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-")
    return run_path(os.path.join(folder, name))


def train_all(trials: Sequence[Trial], *, parallel: bool, verbose: bool) -> list[str]:
    """Trains all trials that are not finished.

    Returns:
        List of str. The reason why a trial failed, or `""`.
    """
    failures = [""] * len(trials)
    waiting = [place for place, one in enumerate(trials) if not is_finished(one)]
    with Progress(trials, waiting, is_shown=verbose) as progress:
        if parallel and waiting:
            from keras_xavier.remedies.parallel import train_in_parallel

            found = train_in_parallel([trials[place] for place in waiting], progress)
            for place, failure in zip(waiting, found, strict=True):
                failures[place] = failure
            return failures
        for place in waiting:
            watch = progress.begin(trials[place].title)
            failures[place] = attempt(trials[place], watch)
            progress.end(failures[place])
    return failures


def attempt(trial: Trial, watch: Callable[[int], None]) -> str:
    """Trains a trial; returns the reason if it fails."""
    try:
        train_trial(trial, watch)
    except RunError:
        raise
    except Exception as error:
        # A change may not fit the model, which does not prevent the others.
        if trial.title == ORIGINAL:
            raise
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return ""


def is_finished(trial: Trial) -> bool:
    """Returns whether the run of a trial is finished.

    Raises:
        RunError: If its path is that of another run.
    """
    if not run_exists(trial.path):
        return False
    run = open_run(trial.path)
    if "remedy" not in run.hyperparameters:
        raise RunError(
            f"{trial.path} is a run that `try_remedies` did not write. Choose another "
            "folder"
        )
    is_same = dict(run.hyperparameters) == trial.hyperparameters()
    return is_same and run.state in (State.FINISHED, State.STOPPED)


def result_of(trial: Trial, changes: Any, failure: str) -> Result:
    """Reads the result of a trial from its run."""
    if failure:
        return Result(trial.title, changes, trial.path, np.nan, np.nan, failure=failure)
    metrics = open_run(trial.path).metrics()
    values = metrics[metric_name(trial.measure)][1]
    costs = metrics[metric_name(trial.cost)][1]
    place = len(values) - 1
    if trial.program.stops_early and np.isfinite(costs).any():
        place = int(np.nanargmin(costs))
    return Result(
        trial.title, changes, trial.path, float(values[place]), float(costs[place])
    )


def found_names(path: str) -> set[str]:
    return set(names_of(diagnose(open_run(path))))


def standard_error(value: float, facts: Facts, count: int) -> float:
    """Returns the standard error of an accuracy; 0 for R²."""
    if any(task.measure == "R²" for task in facts.tasks) or np.isnan(value):
        return 0.0
    if any(task.balanced for task in facts.tasks):
        count = max(1, int(count * min(f.frequencies.min() for f in facts.tasks)))
    return float(np.sqrt(max(value * (1 - value), 1 / count / 4) / count))
