"""Metadata stored with a run: everything that is known of the experiment."""

import functools
import importlib
import inspect
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from keras_xavier.probing import introspection
from keras_xavier.recording.fit_watch import FitWatch
from keras_xavier.recording.json_values import describe
from keras_xavier.recording.model_graph import model_graph
from keras_xavier.recording.plain_chain import chain_attributes
from keras_xavier.runs.phases import PHASES, Phase
from keras_xavier.theory.chains import BIAS_VARIANCES
from keras_xavier.version import __version__

WATCHED = "watches_nonfinite"
FROM_LOGITS = "from_logits"
COMPILED = ("loss_weights", "metrics", "weighted_metrics")
"""Further arguments of `compile` that are stored if they are given."""


def run_attributes(
    model: keras.Model,
    *,
    source: str,
    probe_size: int | None,
    seed: Any,
    step: int = 0,
    fit: FitWatch | None = None,
    phases: Sequence[Phase] = (),
) -> dict[str, Any]:
    """Returns the metadata to store with a run, JSON-serializable.

    Args:
        model: `keras.Model`. The model that is measured.
        source: str. The measured data: `"probe"` or `"batch"`.
        probe_size: int or `None`. Number of examples of the probe.
        seed: Any JSON value, or `None`. The seed among the hyperparameters.
        step: int. Number of updates so far. Defaults to 0.
        fit: `FitWatch`. The `fit` that trains the model. Defaults to `None`: another
            training loop.
        phases: Sequence of `Phase`. The phases of the run. Defaults to none.
    """
    backend = keras.backend.backend()
    attributes: dict[str, Any] = {
        "source": source,
        "backend": backend,
        "versions": {
            "python": platform.python_version(),
            "keras_xavier": __version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
            backend: importlib.import_module(backend).__version__,
        },
        "device": known(device),
    }
    attributes[WATCHED] = True
    if probe_size is not None:
        attributes["probe_size"] = probe_size
    if seed is not None:
        attributes["seed"] = seed
    if (optimizer := getattr(model, "optimizer", None)) is not None:
        attributes["optimizer"] = describe(optimizer)
    attributes["training"] = {**known(lambda: training(model)), **of_fit(fit)}
    attributes |= model_attributes(model, source=source, step=step)
    if trial := tuner_trial(fit):
        attributes["trial"] = trial["trial"]
    if phases:
        attributes[PHASES] = [asdict(phase) for phase in phases]
    return attributes


def model_attributes(model: keras.Model, *, source: str, step: int) -> dict[str, Any]:
    """Returns the metadata that describe a model, which are complete once it is built.

    Args:
        model: `keras.Model`. The model that is measured.
        source: str. The measured data: `"probe"` or `"batch"`.
        step: int. Number of updates so far.
    """
    on_batches = source == "batch"
    chain = known(lambda: chain_attributes(model, step=step, on_batches=on_batches))
    described = {"model": known(lambda: described_model(model))}
    return described | (chain if BIAS_VARIANCES in chain else {})


def known(measure: Callable[[], Any]) -> Any:
    """Returns metadata, or the reason why it is not known; never raises an error."""
    try:
        return measure()
    except Exception as error:  # noqa: BLE001 - raised by custom models
        return {"unavailable": f"{type(error).__name__}: {error}"[:1000]}


def training(model: keras.Model) -> dict[str, Any]:
    """Returns the arguments with which a model was compiled."""
    found: dict[str, Any] = {}
    given = introspection.compile_arguments(model)
    if (loss := given.get("loss", getattr(model, "loss", None))) is not None:
        found["loss"] = described_loss(loss)
    for name in COMPILED:
        if given.get(name):
            found[name] = describe(given[name])
    others = [one for one in introspection.optimizers(model) if one is not None]
    if others and others != [model.optimizer]:
        found["optimizers"] = describe(others)
    for name in ("jit_compile", "run_eagerly", "steps_per_execution"):
        found[name] = describe(getattr(model, name, None))
    return found


def described_loss(loss: Any) -> Any:
    """Describes a loss, with `from_logits` also where it is a default."""
    if isinstance(loss, Mapping):
        return {str(name): described_loss(one) for name, one in loss.items()}
    if isinstance(loss, list | tuple):
        return [described_loss(one) for one in loss]
    is_partial = isinstance(loss, functools.partial)
    described = describe(loss.func if is_partial else loss)
    function = keras.losses.get(loss) if isinstance(loss, str) else loss
    if isinstance(described, str) and callable(function):
        parameters = inspect.signature(function).parameters
        if FROM_LOGITS in parameters:
            default = describe(parameters[FROM_LOGITS].default)
            return {"class": described, FROM_LOGITS: default}
    return described


def of_fit(fit: FitWatch | None) -> dict[str, Any]:
    """Returns the arguments of `fit` that are known."""
    if fit is None:
        return {}
    wrong = fit.nonfinite_data()
    return {**fit.arguments, "nonfinite": wrong} if wrong else fit.arguments


def described_model(model: keras.Model) -> dict[str, Any]:
    """Describes a model: its size, data types, and layers with their connections."""
    sizes = {
        name: sum(int(np.prod(weight.shape)) for weight in weights)
        for name, weights in (
            ("parameters", model.weights),
            ("trainable_parameters", model.trainable_weights),
        )
    }
    return {
        "name": describe(model.name),
        "class": type(model).__name__,
        **sizes,
        "dtype": model.dtype_policy.name,
        **model_graph(model),
    }


def device() -> str:
    """Returns the kind of the device that trains."""
    match keras.backend.backend():
        case "tensorflow":
            import tensorflow as tf

            devices = tf.config.list_logical_devices()
            kinds = {one.device_type for one in devices}
            return next((kind for kind in ("TPU", "GPU") if kind in kinds), "CPU")
        case "jax":
            import jax

            return str(jax.devices()[0].device_kind)
        case _:
            import torch

            is_cuda = torch.cuda.is_available()
            return torch.cuda.get_device_name() if is_cuda else "CPU"


def tuner_trial(fit: FitWatch | None) -> dict[str, Any] | None:
    """Returns `trial`, an identifier, and `values` of a trial of KerasTuner.

    KerasTuner adds a callback with the trial to each `fit`.
    """
    for one in fit.callbacks if fit else ():
        trial = getattr(one, "trial", None)
        identifier = getattr(trial, "trial_id", None)
        values = getattr(getattr(trial, "hyperparameters", None), "values", None)
        if identifier is not None and isinstance(values, Mapping):
            return {"trial": str(identifier), "values": describe(values)}
    return None
