"""The task of a model, and how well predictions solve it.

The measure is computed from predictions and targets in the same way for all changes of
a program, also where they change the loss, the targets or the output layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_xavier.diagnosis.heads import BINARY_LOSSES, CLASS_LOSSES

CROSS_ENTROPIES = (*BINARY_LOSSES, *CLASS_LOSSES, "kl_divergence", "categorical_hinge")
IMBALANCED = 0.8
"""Share of the most frequent class above which its accuracy says little."""
LEAST_PROBABILITY = 1e-7
Floats = NDArray[np.float64]


class Kind(StrEnum):
    """Kinds of tasks."""

    CLASSES = "classes"
    """one of several classes, as integers"""
    ONE_HOT = "one_hot"
    """one of several classes, as rows with a single 1"""
    BINARY = "binary"
    """one of two classes, as 0 and 1"""
    LABELS = "labels"
    """any number of labels, as rows of 0 and 1"""
    REGRESSION = "regression"


@dataclass(frozen=True)
class Task:
    """The task of one output of a model.

    Attributes:
        kind: `Kind`.
        classes: int. Number of classes or labels; of columns in a regression.
        frequencies: Array of shape (class,). Share of each class or label; mean of
            each column in a regression.
        balanced: bool. Whether the accuracy is the mean of the accuracies of the
            classes.
    """

    kind: Kind
    classes: int
    frequencies: Floats
    balanced: bool = False

    @property
    def measure(self) -> str:
        """Name of the measure of success."""
        if self.kind is Kind.REGRESSION:
            return "R²"
        return "balanced accuracy" if self.balanced else "accuracy"

    @property
    def cost(self) -> str:
        """Name of the cost that is compared where the measure is equal."""
        return "mean squared error" if self.kind is Kind.REGRESSION else "cross-entropy"


def find_task(targets: Any, *, loss: str | None, activation: str | None) -> Task:
    """Finds the task from targets.

    Args:
        targets: Array of shape (example, …).
        loss: str or `None`. Name of the loss function; `None` if it is the user's.
        activation: str or `None`. Name of the activation function of the output.

    Returns:
        `Task`.
    """
    values = finite(targets)
    width = targets.shape[-1] if targets.ndim > 1 else 1
    whole = bool((values == np.round(values)).all()) and len(values) > 0
    distinct = np.unique(values)
    bits = whole and bool(np.isin(distinct, (0, 1)).all())
    rows = np.asarray(targets, np.float64).reshape(-1, width)
    if loss == "sparse_categorical_crossentropy" and whole and (distinct >= 0).all():
        return of_classes(rows.ravel())
    if width > 1 and bits:
        if bool((rows.sum(1) == 1).all()):
            return of_labels(rows, Kind.ONE_HOT)
        return of_labels(rows, Kind.LABELS)
    if bits:
        return of_binary(rows.ravel())
    counted = whole and width == 1 and bool((distinct >= 0).all())
    if counted and (loss in CROSS_ENTROPIES or activation == "softmax"):
        return of_classes(rows.ravel())
    return Task(Kind.REGRESSION, width, np.nanmean(finite_rows(rows), 0))


def finite(array: Any) -> Floats:
    values = np.asarray(array, np.float64).ravel()
    return values[np.isfinite(values)]


def finite_rows(rows: Floats) -> Floats:
    kept = rows[np.isfinite(rows).all(1)]
    return kept if len(kept) else np.zeros((1, rows.shape[1]))


def of_classes(values: Floats) -> Task:
    counts = np.bincount(finite(values).astype(int))
    shares = counts / counts.sum()
    balanced = bool(IMBALANCED < shares.max() < 1)
    return Task(Kind.CLASSES, len(counts), shares, balanced)


def of_binary(values: Floats) -> Task:
    share = finite(values).mean()
    shares = np.array([1 - share, share])
    balanced = bool(IMBALANCED < shares.max() < 1)
    return Task(Kind.BINARY, 2, shares, balanced)


def of_labels(rows: Floats, kind: Kind) -> Task:
    shares = finite_rows(rows).mean(0)
    balanced = kind is Kind.ONE_HOT and bool(IMBALANCED < shares.max() < 1)
    return Task(kind, rows.shape[1], shares, balanced)


@dataclass(frozen=True)
class Score:
    """How well predictions solve a task.

    Attributes:
        value: float. The measure: accuracy or R²; higher is better. NaN if predictions
            are not finite.
        cost: float. Cross-entropy or mean squared error; lower is better.
        error: float. Standard error of `value`; 0 if unknown.
    """

    value: float
    cost: float
    error: float = 0.0


def score(task: Task, targets: Any, predictions: Any, *, logits: bool) -> Score:
    """Measures how well predictions solve a task.

    Args:
        task: `Task`.
        targets: Array of shape (example, …).
        predictions: Array of shape (example, …), in the units of the targets.
        logits: bool. Whether predictions of classes are logits.

    Returns:
        `Score`.
    """
    given = np.asarray(targets, np.float64)
    found = np.asarray(predictions, np.float64)
    if task.kind is Kind.REGRESSION:
        return score_of_regression(given, found)
    if task.kind is Kind.LABELS:
        rows = given.reshape(-1, task.classes)
        found = found.reshape(-1, found.shape[-1])
        if found.shape != rows.shape:
            return Score(np.nan, np.nan)
        chances = as_chances(found, logits=logits)
        right = (chances > 0.5) == (rows > 0.5)
        cost = -np.where(rows > 0.5, np.log(chances), np.log(1 - chances)).mean()
        return of_shares(right.mean(1), cost, found)
    if task.kind is Kind.ONE_HOT:
        given = given.reshape(-1, task.classes).argmax(1)
    classes = given.ravel().astype(int)
    chances = class_chances(found, len(classes), task, logits=logits)
    right = chances.argmax(1) == classes
    picked = chances[np.arange(len(classes)), np.minimum(classes, chances.shape[1] - 1)]
    cost = -np.log(np.clip(picked, LEAST_PROBABILITY, 1)).mean()
    if task.balanced:
        parts = [right[classes == one] for one in np.unique(classes)]
        variance = sum(part.var() / len(part) for part in parts) / len(parts) ** 2
        value = float(np.mean([part.mean() for part in parts]))
        error = float(np.sqrt(variance))
        finite_all = np.isfinite(found).all()
        return Score(value if finite_all else np.nan, float(cost), error)
    return of_shares(right, cost, found)


def of_shares(right: Any, cost: float, found: Floats) -> Score:
    if not np.isfinite(found).all():
        return Score(np.nan, np.nan)
    return Score(
        float(np.mean(right)), float(cost), float(np.std(right) / np.sqrt(len(right)))
    )


def as_chances(values: Floats, *, logits: bool) -> Floats:
    if logits:
        values = 1 / (1 + np.exp(-np.clip(values, -60, 60)))
    return np.clip(values, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)


def class_chances(found: Floats, count: int, task: Task, *, logits: bool) -> Floats:
    """Returns the predicted probability of each class, of shape (example, class)."""
    rows = found.reshape(count, -1)
    if rows.shape[1] == 1:
        if task.classes == 1:
            return np.ones((count, 1))
        if task.classes == 2:
            one = as_chances(rows, logits=logits)
            return np.hstack([1 - one, one])
        # One value for several classes: the number of the class.
        nearest = np.clip(np.nan_to_num(np.round(rows[:, 0])), 0, task.classes - 1)
        return np.eye(task.classes)[nearest.astype(int)]
    if logits:
        shifted = rows - rows.max(1, keepdims=True)
        rows = np.exp(np.clip(shifted, -60, 0))
    rows = np.clip(rows, LEAST_PROBABILITY, None)
    return rows / rows.sum(1, keepdims=True)


def score_of_regression(given: Floats, found: Floats) -> Score:
    given = given.reshape(len(given), -1)
    found = found.reshape(len(found), -1)
    if found.shape != given.shape:
        return Score(np.nan, np.nan)
    rows = np.isfinite(given).all(1)
    given, found = given[rows], found[rows]
    with np.errstate(over="ignore", invalid="ignore"):
        squares = (given - found) ** 2
        cost = float(squares.mean()) if len(given) else np.nan
        spread = float(((given - given.mean(0)) ** 2).mean()) if len(given) else 0.0
    if not np.isfinite(cost) or spread == 0:
        return Score(np.nan, cost)
    return Score(1 - cost / spread, cost)


def guessing(task: Task, targets: Any) -> Score:
    """Measures predictions that do not depend on the inputs.

    They are the most frequent class, the most frequent value of each label, or the
    mean, each of the training examples; probabilities are the frequencies.
    """
    shape = (len(np.asarray(targets).reshape(len(targets), -1)), 1)
    given = np.asarray(targets, np.float64)
    if task.kind is Kind.REGRESSION:
        width = given.shape[-1] if given.ndim > 1 else 1
        means = np.broadcast_to(task.frequencies, (given.size // width, width))
        return score_of_regression(given.reshape(-1, width), means)
    frequencies = task.frequencies[1:] if task.kind is Kind.BINARY else task.frequencies
    count = (
        given.size
        if task.kind in (Kind.CLASSES, Kind.BINARY)
        else (given.size // task.classes)
    )
    predictions = np.tile(frequencies, (count or shape[0], 1))
    return score(task, targets, predictions, logits=False)


def mean_score(scores: Sequence[Score]) -> Score:
    """Averages the scores of several outputs."""
    return Score(
        float(np.mean([one.value for one in scores])),
        float(np.mean([one.cost for one in scores])),
        float(np.sqrt(np.sum([one.error**2 for one in scores])) / len(scores)),
    )
