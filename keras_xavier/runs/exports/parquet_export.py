"""Exports tables of runs as Parquet, with names as dictionaries."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet

from keras_xavier.runs.exports.tables import TABLES, Block, Names, description

if TYPE_CHECKING:
    from keras_xavier.runs.reader import Run

GROUP_ROWS = 2**16
"""Minimum number of rows of a row group; small blocks are merged."""


def write(run: "Run", path: Path, *, table: str) -> None:
    """Writes one of the `TABLES` of a run, with its description as metadata."""
    metadata = {f"keras-xavier {name}": text for name, text in description(run).items()}
    writer: Any = None
    waiting: list[Any] = []
    try:
        for block in TABLES[table](run):
            group = arrow(block).replace_schema_metadata(metadata)
            if writer is None:
                writer = parquet.ParquetWriter(path, group.schema, compression="zstd")
            waiting.append(group)
            if sum(len(one) for one in waiting) >= GROUP_ROWS:
                writer.write_table(pyarrow.concat_tables(waiting))
                waiting.clear()
        if waiting:
            writer.write_table(pyarrow.concat_tables(waiting))
    finally:
        if writer is not None:
            writer.close()


def arrow(block: Block) -> Any:
    """Converts a block to an Arrow table."""
    return pyarrow.table({name: column(values) for name, values in block.items()})


def column(values: NDArray[Any] | Names) -> Any:
    if isinstance(values, Names):
        names = pyarrow.array(values.names, pyarrow.string())
        return pyarrow.DictionaryArray.from_arrays(values.codes, names)
    # NaN is a measured value, not a missing one.
    return pyarrow.array(np.ascontiguousarray(values), from_pandas=False)
