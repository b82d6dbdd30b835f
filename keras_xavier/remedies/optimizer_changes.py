"""Remedies that change the optimizer: learning rate, clipping, another optimizer."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import keras

from keras_xavier.diagnosis.learning_rate import HIGH_MOMENTUM
from keras_xavier.diagnosis.program import CLIPPING, default_learning_rate
from keras_xavier.remedies.compile_code import compile_change
from keras_xavier.remedies.program import Facts, Program, Remedy

RATES = ("initial_learning_rate", "end_learning_rate", "warmup_target")
"""Arguments of schedules that are learning rates."""
NORM = 1.0
USUAL_MOMENTUM = 0.9


def settings_of(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = deepcopy(program.optimizer["config"])
    return found


def with_settings(program: Program, title: str, settings: dict[str, Any]) -> Remedy:
    optimizer = {**program.optimizer, "config": settings}
    changed = replace(program, optimizer=optimizer)
    return Remedy(title, changed, (compile_change(program, changed),))


def multiplied(rate: Any, factor: float) -> Any:
    """Multiplies a learning rate or a schedule; `None` if a schedule is unknown."""
    if isinstance(rate, int | float):
        return float(f"{rate * factor:.4g}")
    if not isinstance(rate, Mapping) or not isinstance(rate.get("config"), Mapping):
        return None
    config = dict(rate["config"])
    known = [name for name in RATES if isinstance(config.get(name), int | float)]
    if isinstance(config.get("values"), list):
        config["values"] = [value * factor for value in config["values"]]
        known.append("values")
    for name in known:
        if name != "values":
            config[name] *= factor
    return {**rate, "config": config} if known else None


def rate_times(factor: float) -> Any:
    """Makes a change that multiplies the learning rate."""

    def change(program: Program, facts: Facts) -> Remedy | None:
        settings = settings_of(program)
        before = settings.get("learning_rate")
        if isinstance(before, int | float) and before * factor <= 0:
            return None
        rate = multiplied(before, factor)
        if rate is None:
            return None
        settings["learning_rate"] = rate
        title = (
            f"Learning rate {rate:g}"
            if isinstance(rate, float)
            else f"Learning rates times {factor:g}"
        )
        return with_settings(program, title, settings)

    change.__name__ = f"rate_times_{factor:g}"
    return change


def constant_rate(program: Program, facts: Facts) -> Remedy | None:
    """Replaces a schedule of the learning rate by its highest rate."""
    settings = settings_of(program)
    rate = settings.get("learning_rate")
    config = rate.get("config") if isinstance(rate, Mapping) else None
    if not isinstance(config, Mapping):
        return None
    values = config.get("values")
    known = [config.get(name) for name in RATES]
    known += values if isinstance(values, list) else []
    numbers = [one for one in known if isinstance(one, int | float)]
    if not max(numbers, default=0) > 0:
        return None
    settings["learning_rate"] = float(max(numbers))
    title = f"Constant learning rate {settings['learning_rate']:g}"
    return with_settings(program, title, settings)


def positive_rate(program: Program, facts: Facts) -> Remedy | None:
    """Changes the sign of a negative learning rate."""
    rate = settings_of(program).get("learning_rate")
    if not isinstance(rate, int | float) or rate >= 0:
        return None
    return rate_times(-1.0)(program, facts)


def default_rate_if_not_positive(program: Program, facts: Facts) -> Remedy | None:
    """Sets a learning rate of 0 or less to the default of the optimizer."""
    rate = settings_of(program).get("learning_rate")
    if not isinstance(rate, int | float) or rate > 0:
        return None
    return default_rate(program, facts)


def default_rate(program: Program, facts: Facts) -> Remedy | None:
    """Sets the learning rate to the default of the optimizer."""
    settings = settings_of(program)
    rate = default_learning_rate(str(program.optimizer["class_name"]))
    if settings.get("learning_rate") == rate:
        return None
    settings["learning_rate"] = rate
    return with_settings(program, f"Learning rate {rate:g}", settings)


def adam(program: Program, facts: Facts) -> Remedy | None:
    """Uses Adam with its default settings."""
    new = keras.saving.serialize_keras_object(keras.optimizers.Adam())
    new["config"]["learning_rate"] = default_learning_rate("Adam")
    old = program.optimizer
    if old["class_name"] == "Adam":
        return None
    changed = replace(program, optimizer=new)
    return Remedy("Adam", changed, (compile_change(program, changed),))


def gradient_clipping(program: Program, facts: Facts) -> Remedy | None:
    """Limits the norm of the gradient of each weight."""
    settings = settings_of(program)
    if any(settings.get(name) is not None for name in CLIPPING):
        return None
    settings["global_clipnorm"] = NORM
    return with_settings(program, "Gradient clipping", settings)


def weaker_clipping(program: Program, facts: Facts) -> Remedy | None:
    """Clips gradients only where they are large."""
    settings = settings_of(program)
    given = [one for one in CLIPPING if isinstance(settings.get(one), int | float)]
    if not given or settings[given[0]] >= NORM:
        return None
    settings[given[0]] = NORM
    return with_settings(program, f"Clipping with {given[0]}={NORM:g}", settings)


def usual_momentum(program: Program, facts: Facts) -> Remedy | None:
    """Lowers a high momentum."""
    settings = settings_of(program)
    momentum = settings.get("momentum")
    if not isinstance(momentum, int | float) or momentum <= HIGH_MOMENTUM:
        return None
    settings["momentum"] = USUAL_MOMENTUM
    return with_settings(program, f"Momentum {USUAL_MOMENTUM:g}", settings)
