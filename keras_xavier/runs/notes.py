"""Reads and writes the notes of a run: a text and tags.

Notes are attributes of a Zarr group `notes` inside the run. They move with the run, and
can be written while another process records it.
"""

import json
import os
from dataclasses import dataclass
from typing import Any

from keras_xavier.runs.errors import RunError
from keras_xavier.runs.schema import encode_json
from keras_xavier.runs.store import ROOT, open_store, run_path

GROUP = "notes"
KEY = f"{GROUP}/{ROOT}"
LONGEST_TEXT = 10_000
LONGEST_TAG = 50
MOST_TAGS = 50
BYTES_LIMIT = 2**18
"""JSON needs up to 12 bytes for a character."""


@dataclass(frozen=True)
class Notes:
    """Note and tags of a run.

    Args:
        text: str. The note, of one or more lines; at most 10,000 characters. Defaults
            to an empty note.
        tags: Tuple of str. At most 50 tags, each once, of at most 50 characters on one
            line, without commas. Defaults to no tags.

    Raises:
        ValueError: If the text or a tag is invalid, or there are too many tags.

    Example:

    >>> Notes("Diverged after the second epoch.", ("to repeat",)).tags
    ('to repeat',)
    """

    text: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_TEXT:
            raise ValueError(
                f"A note can have at most {LONGEST_TEXT:,} characters. "
                f"Received: {len(self.text):,}"
            )
        for tag in self.tags:
            if not tag.strip() or tag != tag.strip():
                raise ValueError(
                    f"A tag must not be empty or padded with blanks. Received: {tag!r}"
                )
            if not tag.isprintable() or "," in tag or len(tag) > LONGEST_TAG:
                raise ValueError(
                    f"A tag is one line of at most {LONGEST_TAG} characters without "
                    f"commas. Received: {tag[:LONGEST_TAG]!r}"
                )
        if len(self.tags) > MOST_TAGS or len({*self.tags}) < len(self.tags):
            raise ValueError(
                f"A run can have at most {MOST_TAGS} tags, each once. "
                f"Received: {len(self.tags)} tags"
            )
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                "A note must not contain half a surrogate pair."
            ) from error


def read_notes(path: str | os.PathLike[str]) -> Notes:
    """Reads the notes of a run.

    Args:
        path: str or path. Path or fsspec URL of the run, with or without `.zarr`.

    Returns:
        `Notes`. Empty notes if there are none or they cannot be read.

    Example:

    >>> read_notes("runs/never-made")
    Notes(text='', tags=())
    """
    try:
        data = open_store(run_path(path)).read(KEY, BYTES_LIMIT)
        return decode(data) if data is not None else Notes()
    # Malformed notes from elsewhere must not hide the run.
    except (RunError, OSError, ValueError, RecursionError):
        return Notes()


def write_notes(path: str | os.PathLike[str], notes: Notes) -> None:
    """Replaces the notes of a run, even while it is recorded.

    Args:
        path: str or path. Path or fsspec URL of the run, with or without `.zarr`.
        notes: `Notes`. The new notes.

    Raises:
        RunError: If there is no run at this path, or the notes cannot be written.

    Example:

    >>> import tempfile
    >>> from keras_xavier.runs import RunWriter
    >>> from keras_xavier.statistics import Layer
    >>> layer = Layer("hidden_1", "Dense", "tanh", 1000, 785000, -1.0, 1.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     RunWriter(f"{folder}/tanh", layers=[layer]).close()
    ...     write_notes(f"{folder}/tanh", Notes("The best one.", ("figure 3",)))
    ...     read_notes(f"{folder}/tanh")
    Notes(text='The best one.', tags=('figure 3',))
    """
    path = run_path(path)
    store = open_store(path)
    try:
        if not store.names():
            raise RunError(f"There is no run at {path} to add notes to.")
        store.make((GROUP,))
        store.write({KEY: encode_json(document(notes))})
    except OSError as error:
        raise RunError(f"The notes of {path} cannot be written: {error}") from error


def document(notes: Notes) -> dict[str, Any]:
    """Returns the content of the group's `zarr.json`."""
    return {
        "zarr_format": 3,
        "node_type": "group",
        "attributes": {"note": notes.text, "tags": list(notes.tags)},
    }


def decode(data: bytes) -> Notes:
    """Decodes the group's `zarr.json`.

    Raises:
        ValueError: If it is not a result of `document`.
    """
    found = json.loads(data)
    attributes = found.get("attributes") if isinstance(found, dict) else None
    if not isinstance(attributes, dict):
        raise ValueError("no attributes")
    text, tags = attributes.get("note"), attributes.get("tags")
    if not isinstance(text, str) or not isinstance(tags, list):
        raise ValueError("no note")
    if not all(isinstance(tag, str) for tag in tags):
        raise ValueError("a tag is not a string")
    notes = Notes(text, tuple(tags))
    if found != document(notes):
        raise ValueError("more than notes")
    return notes
