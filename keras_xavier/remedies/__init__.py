"""Tries remedies of training problems on the model of the user.

A compiled model is described as a program: its configuration, optimizer, loss and
initial weights. Remedies change this description; each changed program is built and
trained beside the original, and their predictions are compared.
"""

from keras_xavier.diagnosis.finding import CodeChange
from keras_xavier.remedies.report import Result, TrialReport
from keras_xavier.remedies.trying import try_remedies

__all__ = ["CodeChange", "Result", "TrialReport", "try_remedies"]
