"""Exports a run in one of several formats."""

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
    """File format of an exported run."""

    CSV = "csv"
    """one table as text"""
    PARQUET = "parquet"
    """one table, typed and compressed"""
    NETCDF = "netcdf"
    """the whole run with named axes, for xarray"""
    TENSORBOARD = "tensorboard"
    """histograms and scalars in a folder of event files"""


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
    """Exports a run to a file of another program, chunk by chunk.

    Args:
        run: `Run`. The run, as of its last refresh.
        target: str or path. Path of the file, or of the folder for TensorBoard.
        format: str or `Format`. Defaults to None: by the ending of `target`, which is
            `.csv`, `.parquet` or `.nc`, or no ending for TensorBoard.
        table: str. Content of a CSV or Parquet file: `"statistics"`, one row for each
            step, quantity and layer; `"histograms"`, one row for each bin that is not
            empty; `"metrics"`, one row for each step and metric; `"units"`, one row for
            each step that has them, layer and unit; or `"layers"`, the layer table.
            Defaults to None: `"statistics"`.
        overwrite: bool. Whether to replace an earlier export. Defaults to False.

    Returns:
        `pathlib.Path`. Path of the file or folder.

    Raises:
        ValueError: If the format or table is unknown, or the format has no tables.
        FileExistsError: If `target` exists and must not be replaced.
        ImportError: If the format needs a package that is not installed.
        RunError: If files of the run are missing or damaged.

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
            f"`target` must be a local path. Received: {os.fspath(target)}"
        )
    if table is not None and chosen not in TABLE_FORMATS:
        raise ValueError(
            f"`table` applies to {', '.join(TABLE_FORMATS)}; {chosen} contains all "
            "tables"
        )
    if table is not None and table not in TABLES:
        raise ValueError(
            f"`table` must be one of {', '.join(TABLES)}. Received: {table}"
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
    """Infers the format from the ending of a path.

    Args:
        target: str or path. Path of a file or folder.

    Returns:
        `Format`.

    Raises:
        ValueError: If the ending is unknown.

    Example:

    >>> infer_format("tanh.nc")
    <Format.NETCDF: 'netcdf'>
    """
    ending = Path(target).suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(filter(None, ENDINGS))
        raise ValueError(
            f"The name must end with {known}, or have no ending for TensorBoard; "
            f"or choose a `format`. Received: {os.fspath(target)}"
        )
    return ENDINGS[ending]


def parse_format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise ValueError(
            f"`format` must be one of {', '.join(Format)}. Received: {name}"
        ) from None


def import_writer(chosen: Format) -> Callable[..., None]:
    """Imports the function that writes a format.

    Raises:
        ImportError: If a package is missing; the message names the extra to install.
    """
    if chosen in PACKAGES:
        require(f"The format {chosen}", export=PACKAGES[chosen])
    module = import_module(f"keras_xavier.runs.exports.{chosen}_export")
    write: Callable[..., None] = module.write
    return write
