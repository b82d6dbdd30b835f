"""What a run means: named findings, each with its evidence and a remedy.

A rule is a function of a run and of thresholds that gives findings. Rules only read.
"""

from keras_xavier.diagnosis.diagnosing import RULES, Rule, diagnose
from keras_xavier.diagnosis.finding import (
    COUNTED,
    Finding,
    FindingName,
    Number,
    Severity,
)
from keras_xavier.diagnosis.live import FindingWarning
from keras_xavier.diagnosis.reading import read
from keras_xavier.diagnosis.thresholds import Thresholds
from keras_xavier.look import Look

__all__ = [
    "COUNTED",
    "RULES",
    "Finding",
    "FindingName",
    "FindingWarning",
    "Look",
    "Number",
    "Rule",
    "Severity",
    "Thresholds",
    "diagnose",
    "read",
]
