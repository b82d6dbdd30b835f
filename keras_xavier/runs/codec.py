"""Encodes and decodes the chunks of a run with codecs of Zarr v3.

A chunk is little-endian, in C order, compressed with Blosc, and followed by a CRC32C
checksum, so that a damaged chunk raises an error and never yields wrong numbers.

Chunks are encoded here and not by zarr-python for two reasons:

- Commit: records become visible all at once, when the root file is replaced after all
  chunks were written. zarr-python updates the metadata of each array by itself.
- Bounded decoding: a run folder is untrusted, and Blosc trusts the sizes in its header.
  The header is compared with the expected chunk before anything is allocated or
  decompressed, and the number of bytes that are read is limited.

numcodecs is imported with the first chunk: it would delay the window of the app, which
lists runs before it reads any numbers.
"""

import struct
from collections.abc import Sequence
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import DTypeLike, NDArray

from keras_xavier.runs.errors import RunError

HEADER = struct.Struct("<4B3I")
"""Header of Blosc: versions, flags, type size; sizes of data, block and buffer."""
CHECKSUM = struct.Struct("<I")
OVERHEAD = HEADER.size + CHECKSUM.size
COMPRESSOR = "lz4"
LEVEL = 5
LZ4 = 1
"""Number of this compressor in the upper bits of the flags."""


def codecs(dtype: DTypeLike) -> list[dict[str, Any]]:
    """Returns the codecs as the metadata of an array lists them."""
    return [
        {"name": "bytes", "configuration": {"endian": "little"}},
        {
            "name": "blosc",
            "configuration": {
                "typesize": np.dtype(dtype).itemsize,
                "cname": COMPRESSOR,
                "clevel": LEVEL,
                "shuffle": "shuffle",
                "blocksize": 0,
            },
        },
        {"name": "crc32c"},
    ]


def encode(values: NDArray[Any]) -> bytes:
    """Encodes the numbers of one chunk."""
    from numcodecs import blosc

    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    packed = bytes(blosc.compress(little, COMPRESSOR.encode(), LEVEL, blosc.SHUFFLE))
    return packed + CHECKSUM.pack(google_crc32c.value(packed))


def size_limit(dtype: DTypeLike, shape: Sequence[int]) -> int:
    """Returns the maximum size of an encoded chunk, in bytes."""
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize + OVERHEAD


def decode(data: bytes, dtype: DTypeLike, shape: Sequence[int]) -> NDArray[Any]:
    """Decodes one chunk.

    Raises:
        RunError: If the bytes are not a chunk of this type and shape.
    """
    from numcodecs import blosc

    packed, tail = data[: -CHECKSUM.size], data[-CHECKSUM.size :]
    if len(packed) < HEADER.size:
        raise RunError(f"the chunk is truncated to {len(data)} bytes.")
    if CHECKSUM.unpack(tail)[0] != google_crc32c.value(packed):
        raise RunError("the chunk is damaged: its checksum is wrong.")
    values = np.empty(shape, np.dtype(dtype).newbyteorder("<"))
    _, _, flags, itemsize, size, _, total = HEADER.unpack_from(packed)
    # Blosc trusts its header: compressor, bytes to read, bytes to write.
    if (
        (size, total) != (values.nbytes, len(packed))
        or itemsize != values.itemsize
        or flags >> 5 != LZ4
    ):
        raise RunError("the chunk does not match the format.")
    try:
        blosc.decompress(packed, values)
    except (RuntimeError, ValueError) as error:
        raise RunError(f"the chunk cannot be decompressed: {error}") from error
    return values.astype(np.dtype(dtype), copy=False)


def encode_labels(labels: Sequence[str], length: int) -> bytes:
    """Encodes names with the Zarr codec `vlen-utf8`, padded with empty names."""
    padded = [*labels, *[""] * (length - len(labels))]
    encoded = [label.encode() for label in padded]
    return b"".join(
        [
            CHECKSUM.pack(length),
            *(CHECKSUM.pack(len(label)) + label for label in encoded),
        ]
    )
