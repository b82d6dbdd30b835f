"""Runs as files that other programs read.

A file for each format; what a format needs is imported when it is written.
"""

from keras_xavier.runs.exports.exporting import Format, export_run, infer_format
from keras_xavier.runs.exports.tables import TABLES

__all__ = ["TABLES", "Format", "export_run", "infer_format"]
