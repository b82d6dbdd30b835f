"""Predicted variances of activations and gradients in random networks.

`linear` is the analysis of Glorot & Bengio (2010) for linear networks; `mean_field`
takes the activation function into account. NumPy only: no network is built or run.
"""

from keras_xavier.theory.criticality import CriticalPoint, edge_of_chaos
from keras_xavier.theory.depth import DepthScales, depth_scales
from keras_xavier.theory.initial_weights import initial_variance
from keras_xavier.theory.jacobian import SingularValues, jacobian_singular_values
from keras_xavier.theory.linear import (
    backward_condition,
    backward_variances,
    compromise,
    forward_condition,
    forward_variances,
    weight_gradient_variances,
)
from keras_xavier.theory.mean_field import (
    correlation_map,
    fixed_point,
    gradient_gain,
    variance_map,
)
from keras_xavier.theory.nonlinearities import Nonlinearity
from keras_xavier.theory.prediction import predicted, predicted_std, theory_remark

__all__ = [
    "CriticalPoint",
    "DepthScales",
    "Nonlinearity",
    "SingularValues",
    "backward_condition",
    "backward_variances",
    "compromise",
    "correlation_map",
    "depth_scales",
    "edge_of_chaos",
    "fixed_point",
    "forward_condition",
    "forward_variances",
    "gradient_gain",
    "initial_variance",
    "jacobian_singular_values",
    "predicted",
    "predicted_std",
    "theory_remark",
    "variance_map",
    "weight_gradient_variances",
]
