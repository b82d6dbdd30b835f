"""Reads and appends rows of an array. A row is an index of the first axis, a step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_xavier.runs import codec
from keras_xavier.runs.array_forms import Array
from keras_xavier.runs.errors import DamagedChunkError, RunError
from keras_xavier.runs.store import PARTIAL, Store

Rows = Sequence[ArrayLike] | NDArray[Any]


def read_chunk(store: Store, array: Array, index: int) -> NDArray[Any]:
    """Reads one chunk. The last chunk of an array has rows beyond its end.

    Raises:
        DamagedChunkError: If the chunk is missing or damaged.
        RunError: If it cannot be read.
    """
    key = array.key(index)
    try:
        data = store.read(key, codec.size_limit(array.data_type, array.chunk))
    except (RunError, OSError) as error:
        raise RunError(f"{store.path} cannot be read: {key}: {error}") from error
    try:
        if data is None:
            raise RunError("the file is missing.")
        return codec.decode(data, array.data_type, array.chunk)
    except RunError as error:
        message = f"{store.path} cannot be read: {key}: {error}"
        raise DamagedChunkError(message) from error


class ArrayAppender:
    """Appends rows to an array.

    The last chunk stays in memory, so that nothing is read back and the last row can
    still change. Rows can be written repeatedly until `keep` marks them as committed.
    """

    def __init__(self, store: Store, array: Array) -> None:
        self._store = store
        self._array = array
        self._chunks: dict[int, NDArray[Any]] = {}

    def load(self, length: int) -> None:
        """Loads the last chunk of an existing array of this length."""
        if length:
            index = (length - 1) // self._array.chunk[0]
            self._chunks[index] = read_chunk(self._store, self._array, index)

    def files(self, start: int, rows: Rows) -> dict[str, bytes]:
        """Returns the chunks with these rows from index `start` on, by key."""
        array = self._array
        touched: dict[int, NDArray[Any]] = {}
        done = 0
        while done < len(rows):
            index, offset = divmod(start + done, array.chunk[0])
            if index not in self._chunks:
                self._chunks[index] = np.full(array.chunk, array.fill, array.data_type)
            touched[index] = self._chunks[index]
            part = rows[done : done + array.chunk[0] - offset]
            if isinstance(rows, np.ndarray):
                touched[index][offset : offset + len(part)] = part
            else:
                # Without a copy of all rows, which can be large.
                for i, row in enumerate(part, offset):
                    touched[index][i] = row
            done += len(part)
        return {
            array.key(index): codec.encode(chunk) for index, chunk in touched.items()
        }

    def keep(self, length: int) -> None:
        """Frees all but the last chunk after a commit; the array has this length."""
        last = max(0, length - 1) // self._array.chunk[0]
        self._chunks = {i: chunk for i, chunk in self._chunks.items() if i >= last}

    def cut(self, length: int) -> None:
        """Removes all rows beyond this length."""
        array = self._array
        count, rows = divmod(length, array.chunk[0])
        needed = count + (rows > 0)
        self._chunks = {i: chunk for i, chunk in self._chunks.items() if i < needed}
        kept = {array.key(index) for index in range(needed)}
        for name in self._store.names(array.name):
            key = f"{array.name}/{name}"
            if name.startswith(("c.", PARTIAL)) and key not in kept:
                self._store.delete(key)
        if rows and count in self._chunks:
            self._chunks[count][rows:] = array.fill
            self._store.write({array.key(count): codec.encode(self._chunks[count])})
