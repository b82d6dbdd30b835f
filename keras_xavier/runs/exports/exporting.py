"""Exporting a run: which format, and where to."""

import os
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from keras_xavier.extras import require
from keras_xavier.runs.exports.tables import TABLES
from keras_xavier.runs.exports.targets import new_file, new_folder

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run


class Format(StrEnum):
    """What a run is written as."""

    CSV = "csv"
    """one table, as text"""
    PARQUET = "parquet"
    """one table, with types, compressed"""
    NETCDF = "netcdf"
    """all of it, with named axes, for xarray"""
    TENSORBOARD = "tensorboard"
    """histograms and scalars, in a folder of event files"""


ENDINGS = {
    ".csv": Format.CSV,
    ".parquet": Format.PARQUET,
    ".nc": Format.NETCDF,
    "": Format.TENSORBOARD,
}
PACKAGES = {
    Format.PARQUET: "pyarrow",
    Format.NETCDF: "h5netcdf",
    Format.TENSORBOARD: "tensorboard",
}
TABLE_FORMATS = (Format.CSV, Format.PARQUET)


def export_run(
    run: "Run",
    target: str | os.PathLike[str],
    *,
    format: Format | str | None = None,
    table: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Writes a run in a format that other programs read, chunk by chunk.

    Args:
        run: The run, which may still be training: it is written as it is now.
        target: Path of the file, or of a folder for TensorBoard.
        format: One of `Format`. By default the ending of `target` tells it:
            `.csv`, `.parquet`, `.nc`; TensorBoard without any.
        table: What a CSV or Parquet file holds: `"statistics"` (the default), a row
            for each step, quantity and layer; `"histograms"`, a row for each bin
            with values in it; or `"metrics"`, a row for each of them and step.
        overwrite: Whether to replace what an earlier export wrote there.

    Returns:
        The path of what was written.

    Raises:
        ValueError: If the format cannot be told, or has no tables.
        FileExistsError: If there is something at `target` that must not go.
        ImportError: If a package is missing that the format needs.
        RunError: If the run's files are missing or damaged.

    Example:

    >>> import tempfile
    >>> from keras_xavier.runs import RunWriter, open_run
    >>> from keras_xavier.statistics import Layer
    >>> layers = [Layer("hidden", "Dense", "tanh", 9, 90, -1.0, 1.0)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     RunWriter(f"{folder}/tanh", layers=layers).close()
    ...     export_run(open_run(f"{folder}/tanh"), f"{folder}/tanh.csv").name
    'tanh.csv'
    """
    chosen = infer_format(target) if format is None else parse_format(format)
    if "://" in os.fspath(target):
        raise ValueError(
            f"`target` must be a path on this machine. Received: {os.fspath(target)}"
        )
    if table is not None and chosen not in TABLE_FORMATS:
        raise ValueError(
            f"`table` goes with {', '.join(TABLE_FORMATS)}; {chosen} holds all of them"
        )
    if table is not None and table not in TABLES:
        raise ValueError(
            f"`table` should be one of {', '.join(TABLES)}. Received: {table}"
        )
    write = import_writer(chosen)
    path = Path(target)
    if chosen is Format.TENSORBOARD:
        with new_folder(path, overwrite=overwrite) as place:
            write(run, place)
    else:
        options = {"table": table or "statistics"} if chosen in TABLE_FORMATS else {}
        with new_file(path, overwrite=overwrite) as place:
            write(run, place, **options)
    return path


def infer_format(target: str | os.PathLike[str]) -> Format:
    """Tells the format by the ending of a path.

    Raises:
        ValueError: If it is none that is known.

    Example:

    >>> infer_format("tanh.nc")
    <Format.NETCDF: 'netcdf'>
    """
    ending = Path(target).suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(filter(None, ENDINGS))
        raise ValueError(
            f"The name should end with {known}, or have no ending for a folder of "
            f"TensorBoard; or choose a `format`. Received: {os.fspath(target)}"
        )
    return ENDINGS[ending]


def parse_format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise ValueError(
            f"`format` should be one of {', '.join(Format)}. Received: {name}"
        ) from None


def import_writer(chosen: Format) -> Callable[..., None]:
    """Imports what writes a format.

    Raises:
        ImportError: If a package is missing; tells the extra that brings it.
    """
    if chosen in PACKAGES:
        require(f"The format {chosen}", export=PACKAGES[chosen])
    module = import_module(f"keras_xavier.runs.exports.{chosen}_export")
    write: Callable[..., None] = module.write
    return write
