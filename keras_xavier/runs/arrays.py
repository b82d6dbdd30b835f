"""Reads and appends rows of an array. A row is an index of the first axis, a step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_xavier.runs import codec
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.schema import Array
from keras_xavier.runs.store import Store


def read_chunk(store: Store, array: Array, index: int) -> NDArray[Any]:
    """Reads one chunk. The last chunk of an array has rows beyond its end.

    Raises:
        RunError: If the chunk is missing or damaged.
    """
    key = array.key(index)
    try:
        data = store.read(key, codec.size_limit(array.data_type, array.chunk))
        if data is None:
            raise RunError("the file is missing.")
        return codec.decode(data, array.data_type, array.chunk)
    except (RunError, OSError) as error:
        raise RunError(f"{store.path} cannot be read: {key}: {error}") from error


def read_rows(
    store: Store, array: Array, start: int, stop: int
) -> Iterator[NDArray[Any]]:
    """Reads the rows from `start` up to `stop`, chunk by chunk."""
    rows = array.chunk[0]
    while start < stop:
        index, offset = divmod(start, rows)
        chunk = read_chunk(store, array, index)[offset : offset + stop - start]
        yield chunk
        start += len(chunk)


def read_whole(store: Store, array: Array) -> NDArray[Any]:
    """Reads all rows of an array, whose rows should be small."""
    parts = list(read_rows(store, array, 0, array.shape[0]))
    row = array.shape[1:]
    empty = np.empty((0, *row), array.data_type)
    kept = tuple(slice(length) for length in row)
    return np.concatenate([empty, *(part[:, *kept] for part in parts)])


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

    def write(self, start: int, rows: Sequence[ArrayLike]) -> None:
        """Writes rows from index `start` on, as whole chunks."""
        array = self._array
        touched: dict[int, NDArray[Any]] = {}
        for position, row in enumerate(rows, start):
            index, offset = divmod(position, array.chunk[0])
            if index not in self._chunks:
                self._chunks[index] = np.full(array.chunk, array.fill, array.data_type)
            touched[index] = self._chunks[index]
            touched[index][offset] = row
        for index, chunk in touched.items():
            self._store.write(array.key(index), codec.encode(chunk))

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
            if name.startswith("c.") and key not in kept:
                self._store.delete(key)
        if rows and count in self._chunks:
            self._chunks[count][rows:] = array.fill
            self._store.write(array.key(count), codec.encode(self._chunks[count]))
