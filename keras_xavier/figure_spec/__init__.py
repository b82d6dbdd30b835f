"""Definitions of all figures and options, for Python, command line, app and docs."""

from keras_xavier.figure_spec.definition import Example, FigureDefinition
from keras_xavier.figure_spec.definitions import DEFAULT_FIGURE, FIGURES
from keras_xavier.figure_spec.evidence import Evidence, ReferenceLine
from keras_xavier.figure_spec.options import (
    AxisScale,
    Band,
    Facet,
    Option,
    QuantityPair,
)
from keras_xavier.figure_spec.spec import (
    FigureSpec,
    add_option,
    add_spec_options,
    all_options,
    parse_spec,
    spec_from_options,
    spec_options,
)

__all__ = [
    "DEFAULT_FIGURE",
    "FIGURES",
    "AxisScale",
    "Band",
    "Evidence",
    "Example",
    "Facet",
    "FigureDefinition",
    "FigureSpec",
    "Option",
    "QuantityPair",
    "ReferenceLine",
    "add_option",
    "add_spec_options",
    "all_options",
    "parse_spec",
    "spec_from_options",
    "spec_options",
]
