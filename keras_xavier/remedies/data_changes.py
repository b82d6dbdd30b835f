"""Remedies that change the data, or how training ends."""

from dataclasses import replace

import keras
import numpy as np

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.remedies.program import Facts, Program, Remedy
from keras_xavier.remedies.scaling import CODED, class_names, is_scaled
from keras_xavier.remedies.task import Kind

FINITE = """\
keep = np.isfinite(x).all(axis=1) & np.isfinite(y)
x, y = x[keep], y[keep]"""
INPUTS = """\
mean, std = x.mean(axis=0), x.std(axis=0)
x = (x - mean) / std"""
TARGETS_BEFORE = """\
model.fit(x, y)
predictions = model.predict(x)"""
TARGETS_AFTER = """\
mean, std = y.mean(axis=0), y.std(axis=0)
model.fit(x, (y - mean) / std)
predictions = model.predict(x) * std + mean"""
WEIGHTS = """\
share = y.mean()
model.fit(x, y, class_weight={0: 0.5 / (1 - share), 1: 0.5 / share})"""
STOPPING = """\
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
model.fit(x, y, validation_split=0.2, callbacks=[stop])"""


def numeric(array: np.ndarray) -> bool:
    return bool(np.issubdtype(array.dtype, np.number))


def only_finite_examples(program: Program, facts: Facts) -> Remedy | None:
    """Leaves out examples with NaN or Inf."""
    arrays = [*keras.tree.flatten(facts.x), *facts.y]
    if all(np.isfinite(one).all() for one in arrays if numeric(one)):
        return None
    changed = replace(program, drops_nonfinite=True)
    return Remedy("Only finite examples", changed, (CodeChange("", FINITE),))


def scale_inputs(program: Program, facts: Facts) -> Remedy | None:
    """Scales inputs that have an unusual mean or standard deviation."""
    if program.scales_inputs:
        return None
    codes = not CODED.isdisjoint(class_names(program.network.config))
    unscaled = [
        one
        for one in keras.tree.flatten(facts.x)
        if numeric(one)
        and not (codes and (one == np.round(one)).all())
        and not is_scaled(one)
    ]
    if not unscaled:
        return None
    changed = replace(program, scales_inputs=True)
    return Remedy("Scaled inputs", changed, (CodeChange("", INPUTS),))


def scale_targets(program: Program, facts: Facts) -> Remedy | None:
    """Scales targets of a regression with an unusual mean or standard deviation."""
    if program.scales_targets:
        return None
    unscaled = [
        values
        for task, values in zip(facts.tasks, facts.y, strict=True)
        if task.kind is Kind.REGRESSION and not is_scaled(values)
    ]
    if not unscaled:
        return None
    changed = replace(program, scales_targets=True)
    code = CodeChange(TARGETS_BEFORE, TARGETS_AFTER)
    return Remedy("Scaled targets", changed, (code,))


def balanced_classes(program: Program, facts: Facts) -> Remedy | None:
    """Gives rare classes a larger weight."""
    if len(facts.tasks) != 1 or not facts.tasks[0].balanced:
        return None
    changed = replace(program, balances_classes=True)
    return Remedy("Class weights", changed, (CodeChange("model.fit(x, y)", WEIGHTS),))


def early_stopping(program: Program, facts: Facts) -> Remedy | None:
    """Keeps the weights with the smallest loss on held-out examples."""
    changed = replace(program, stops_early=True)
    code = CodeChange("model.fit(x, y)", STOPPING)
    return Remedy("Early stopping", changed, (code,))
