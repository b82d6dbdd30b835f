"""Measures a model on a fixed probe, or inside its training step."""

from keras_xavier.probing.backend import BACKENDS
from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.fit_hook import (
    Execution,
    FitHook,
    TrainingSteps,
    install_hook,
    remove_hook,
)
from keras_xavier.probing.introspection import (
    build_for_training,
    is_buildable,
    is_built,
    print_message,
)
from keras_xavier.probing.jacobians import LayerJacobian, layer_jacobian_singular_values
from keras_xavier.probing.pauses import (
    Pauses,
    can_pause,
    merged_pauses,
    train_with_pauses,
)
from keras_xavier.probing.probe import (
    Loss,
    MeasuringPass,
    Probe,
    make_probe,
    measuring_pass,
)
from keras_xavier.probing.pure_training import instrument_training
from keras_xavier.probing.selection import (
    Layers,
    MismatchError,
    check_layers,
    select_layers,
)
from keras_xavier.probing.training_step import InstrumentedTraining
from keras_xavier.probing.weight_updates import WeightUpdates

__all__ = [
    "BACKENDS",
    "Execution",
    "FitHook",
    "InstrumentedTraining",
    "LayerJacobian",
    "Layers",
    "Loss",
    "MeasuringPass",
    "MismatchError",
    "Pauses",
    "Probe",
    "TrainingSteps",
    "WeightUpdates",
    "build_for_training",
    "can_pause",
    "check_examples",
    "check_layers",
    "install_hook",
    "instrument_training",
    "is_buildable",
    "is_built",
    "layer_jacobian_singular_values",
    "make_probe",
    "measuring_pass",
    "merged_pauses",
    "print_message",
    "remove_hook",
    "select_layers",
    "train_with_pauses",
]
