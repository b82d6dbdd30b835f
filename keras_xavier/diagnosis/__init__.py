"""Diagnosis of runs: named findings with evidence, explanation and remedy.

A rule is a function that takes a run and thresholds and yields findings. Rules only
read the run.
"""

from keras_xavier.diagnosis.diagnosing import RULES, Rule, diagnose
from keras_xavier.diagnosis.finding import (
    FAILING,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.live import FindingWarning, TrainingStopped
from keras_xavier.diagnosis.reading import read
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec

__all__ = [
    "FAILING",
    "RULES",
    "FigureSpec",
    "Finding",
    "FindingName",
    "FindingWarning",
    "Number",
    "Rule",
    "Severity",
    "Thresholds",
    "TrainingStopped",
    "diagnose",
    "read",
]
