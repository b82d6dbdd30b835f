"""Where a run comes from: what is written down beside its records."""

import importlib
import json
import platform
from collections.abc import Iterator
from itertools import count
from typing import Any, Literal, get_args

import keras
import numpy as np

from keras_xavier.initializers import Critical
from keras_xavier.runs import RunError, open_run, run_exists, run_path
from keras_xavier.theory.prediction import BIAS_VARIANCES, PLAIN
from keras_xavier.version import __version__

Mode = Literal["create", "overwrite", "resume"]
MODES = get_args(Mode)


def run_attributes(
    model: keras.Model, *, source: str, probe_size: int | None, seed: Any
) -> dict[str, Any]:
    """What a run says of the training that it was recorded from."""
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
    }
    if probe_size is not None:
        attributes["probe_size"] = probe_size
    if seed is not None:
        attributes["seed"] = seed
    attributes[BIAS_VARIANCES] = bias_variances(model)
    if (optimizer := getattr(model, "optimizer", None)) is not None:
        attributes["optimizer"] = describe(optimizer)
    return attributes


def bias_variances(model: keras.Model) -> dict[str, float] | None:
    """Variances of the first biases of a chain of dense layers, from below.

    Returns:
        By name of the layer; `None` if the model is more than such a chain, or its
        biases are of unknown variance.
    """
    found: dict[str, float] = {}
    for layer in model.layers if isinstance(model, keras.Sequential) else ():
        if type(layer).__name__ not in PLAIN:
            return None
        if not isinstance(layer, keras.layers.Dense):
            continue
        match layer.bias_initializer if layer.use_bias else keras.initializers.Zeros():
            case keras.initializers.Zeros():
                found[layer.name] = 0.0
            case Critical() as critical:
                found[layer.name] = critical.bias_variance
            case _:
                return None
    return found or None


def describe(optimizer: keras.optimizers.Optimizer) -> dict[str, Any]:
    try:
        config = optimizer.get_config()
    except Exception as error:  # noqa: BLE001 - of users' classes, such as schedules
        config = {"config": f"not to be had: {type(error).__name__}: {error}"}
    config = {"class": type(optimizer).__name__, **config}
    described: dict[str, Any] = json.loads(json.dumps(config, default=str))
    return described


def check_mode(mode: str) -> None:
    """Refuses what is no `Mode`.

    Raises:
        ValueError: If it is none.
    """
    if mode not in MODES:
        raise ValueError(f"`mode` should be one of {MODES}. Received: mode={mode}")


def check_run(run: str, mode: Mode, *, source: str) -> None:
    """Refuses before training what could not be recorded.

    Raises:
        RunError: If the run must not exist and does, or must and does not, or goes
            on from another source.
    """
    exists = run_exists(run)
    if exists and mode == "create":
        raise RunError(
            f"{run_path(run)} is there already. Resume it with mode='resume', replace "
            "it with mode='overwrite', or choose another path."
        )
    if mode != "resume":
        return
    if not exists:
        raise RunError(
            f"There is no run at {run_path(run)} to resume. Use mode='create'."
        )
    before = open_run(run).attributes.get("source", source)
    if before != source:
        raise RunError(
            f"{run_path(run)} was measured on a {before}, which cannot go on with a "
            f"{source}. Start another run."
        )


def check_step(run: str, step: int) -> None:
    """Refuses to resume a run with a model that starts anew.

    Raises:
        RunError: If it is recorded beyond a first step at which the model is.
    """
    steps = open_run(run).steps
    if step == 0 and len(steps) and steps[-1] > 0:
        raise RunError(
            f"{run_path(run)} is recorded up to step {steps[-1]}, and the model is at "
            "step 0: what is recorded would be lost. Load the model that it was "
            "recorded of, with its optimizer, or begin the run anew with "
            "mode='overwrite'."
        )


def numbered_runs(run: str, mode: Mode) -> Iterator[str]:
    """Where copies of a callback record: `NAME-1`, `NAME-2`, and so on.

    What is there already is passed over if it must not be.
    """
    name = str(run).removesuffix(".zarr")
    for number in count(1):
        numbered = f"{name}-{number}"
        if mode != "create" or not run_exists(numbered):
            yield numbered
