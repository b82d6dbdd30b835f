"""How it is measured: on a fixed probe, or inside of the training step."""

from keras_xavier.probing.backend import BACKENDS
from keras_xavier.probing.examples import check_examples
from keras_xavier.probing.fit_hook import (
    Observer,
    TrainingSteps,
    end_observation,
    observe_training,
)
from keras_xavier.probing.introspection import build_for_training, is_built
from keras_xavier.probing.jacobians import LayerJacobian, layer_jacobian_singular_values
from keras_xavier.probing.probe import (
    Loss,
    MeasuringPass,
    Probe,
    make_probe,
    measuring_pass,
)
from keras_xavier.probing.selection import Layers, check_layers, select_layers
from keras_xavier.probing.training_step import InstrumentedTraining

__all__ = [
    "BACKENDS",
    "InstrumentedTraining",
    "LayerJacobian",
    "Layers",
    "Loss",
    "MeasuringPass",
    "Observer",
    "Probe",
    "TrainingSteps",
    "build_for_training",
    "check_examples",
    "check_layers",
    "end_observation",
    "is_built",
    "layer_jacobian_singular_values",
    "make_probe",
    "measuring_pass",
    "observe_training",
    "select_layers",
]
