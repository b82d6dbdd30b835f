"""What a run means: named findings, each with its evidence and a remedy.

A rule is a function of a run and of thresholds that gives findings. Rules only read.
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
