"""Exports runs to files of other programs.

There is one module for each format. It is imported when the format is written, so that
a missing package affects this format only.
"""

from keras_xavier.runs.exports.exporting import Format, export_run, infer_format
from keras_xavier.runs.exports.tables import TABLES

__all__ = ["TABLES", "Format", "export_run", "infer_format"]
