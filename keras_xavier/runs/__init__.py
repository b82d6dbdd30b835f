"""The run store: reads and writes recorded runs.

A run is a Zarr v3 group, which `xarray.open_zarr` opens without this package. It has
one writer and any number of readers, which can follow it while it grows.
"""

from keras_xavier.runs.discovery import RunSummary, find_runs
from keras_xavier.runs.errors import MissingNameError, RunChangedError, RunError
from keras_xavier.runs.exports import export_run
from keras_xavier.runs.notes import Notes, read_notes, write_notes
from keras_xavier.runs.reader import Run, open_run
from keras_xavier.runs.samples import sample_run
from keras_xavier.runs.schema import State
from keras_xavier.runs.store import run_exists, run_path
from keras_xavier.runs.writer import Mode, RunWriter, as_json

__all__ = [
    "MissingNameError",
    "Mode",
    "Notes",
    "Run",
    "RunChangedError",
    "RunError",
    "RunSummary",
    "RunWriter",
    "State",
    "as_json",
    "export_run",
    "find_runs",
    "open_run",
    "read_notes",
    "run_exists",
    "run_path",
    "sample_run",
    "write_notes",
]
