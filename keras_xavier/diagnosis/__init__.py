"""Diagnosis of runs: named findings with evidence, explanation and remedy.

A rule is a function that takes a run and thresholds and yields findings. Rules only
read the run.
"""

from keras_xavier.diagnosis.diagnosing import (
    RULES,
    Report,
    Rule,
    Unchecked,
    diagnose,
    examine,
)
from keras_xavier.diagnosis.finding import (
    FAILING,
    CodeChange,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.live import FindingWarning, TrainingStopped
from keras_xavier.diagnosis.reading import NotChecked, read
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.figure_spec import FigureSpec, ReferenceLine

__all__ = [
    "FAILING",
    "RULES",
    "CodeChange",
    "FigureSpec",
    "Finding",
    "FindingName",
    "FindingWarning",
    "NotChecked",
    "Number",
    "ReferenceLine",
    "Report",
    "Rule",
    "Severity",
    "Thresholds",
    "TrainingStopped",
    "Unchecked",
    "diagnose",
    "examine",
    "read",
]
