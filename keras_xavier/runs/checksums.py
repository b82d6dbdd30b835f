"""Checksums that bind the files of a run to each other, all of them CRC32C.

A chunk has a checksum of its own, which detects damage. The checksums here detect
intact files that do not belong together: from different moments, writers or runs.

- The root has a checksum of its own bytes.
- Each record has checksums of its statistics and histograms, the number of its writer
  (`session`), and the checksum of all records up to it. The root has the last one.
- The same holds for values of metrics and for statistics of single units.
"""

from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from keras_xavier.runs.errors import RunError

RECORD = np.dtype(
    [
        ("step", "<i8"),
        ("wall_time", "<f8"),
        ("statistics", "<u4"),
        ("histogram", "<u4"),
        ("session", "<u4"),
    ]
)
"""The 28 bytes of a record that the checksum of all records covers."""
LOG = np.dtype(
    [("step", "<i8"), ("metric", "<u4"), ("value", "<f8"), ("session", "<u4")]
)
"""The 24 bytes of a value of a metric that the checksum of all values covers."""
UNIT = np.dtype([("step", "<i8"), ("units", "<u4"), ("session", "<u4")])
"""The 16 bytes of a record of units that the checksum of all of them covers."""

NO_CHECKSUM = "00000000"
HEAD = b'{"zarr_format":3,"node_type":"group","attributes":{"checksum":"'
"""First bytes of the root; the checksum of all bytes after it follows."""
START = len(HEAD) + len(NO_CHECKSUM)


def seal(root: bytes) -> bytes:
    """Inserts the checksum into the encoded root."""
    return HEAD + b"%08x" % google_crc32c.value(root[START:]) + root[START:]


def check_root(root: bytes) -> None:
    """Checks the checksum of the root.

    Raises:
        RunError: If it is missing or wrong.
    """
    found = root[len(HEAD) : START]
    if not root.startswith(HEAD) or found != b"%08x" % google_crc32c.value(
        root[START:]
    ):
        raise RunError("its zarr.json is damaged: its checksum is wrong.")


def first_link(identity: str) -> int:
    """Returns the checksum before the first record of a run."""
    return int(google_crc32c.value(identity.encode()))


def extend(checksum: int, rows: NDArray[Any]) -> int:
    """Returns the checksum of the bytes so far and of more rows, little-endian."""
    little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
    return int(google_crc32c.extend(checksum, little.tobytes()))


def running(checksum: int, rows: NDArray[Any]) -> NDArray[np.uint32]:
    """Returns the checksums after each row."""
    found = np.empty(len(rows), np.uint32)
    for i in range(len(rows)):
        checksum = extend(checksum, rows[i : i + 1])
        found[i] = checksum
    return found


def count_intact(
    checksum: int, rows: NDArray[Any], expected: NDArray[np.uint32]
) -> int:
    """Returns the greatest number of rows whose checksum is the expected one."""
    if not len(rows) or extend(checksum, rows) == expected[-1]:
        return len(rows)
    matches = np.flatnonzero(running(checksum, rows) == expected)
    return int(matches[-1]) + 1 if len(matches) else 0


def record_columns(
    rows: NDArray[Any], links: NDArray[np.uint32]
) -> dict[str, NDArray[Any]]:
    """Returns the arrays that store rows of `RECORD`, by name."""
    sums = [rows["statistics"], rows["histogram"], rows["session"], links]
    return {
        "wall_time": rows["wall_time"],
        "record_checksums": np.column_stack(sums),
        "step": rows["step"],
    }


def log_columns(
    rows: NDArray[Any], links: NDArray[np.uint32]
) -> dict[str, NDArray[Any]]:
    """Returns the arrays that store rows of `LOG`, by name."""
    return {
        "log_value": rows["value"],
        "log_metric": rows["metric"],
        "log_checksums": np.column_stack([rows["session"], links]),
        "log_step": rows["step"],
    }


def unit_columns(
    rows: NDArray[Any], links: NDArray[np.uint32]
) -> dict[str, NDArray[Any]]:
    """Returns the arrays that store rows of `UNIT`, by name."""
    return {
        "unit_checksums": np.column_stack([rows["units"], rows["session"], links]),
        "unit_step": rows["step"],
    }
