"""What people say of a run, kept inside of it: a note, and tags.

It is the attributes of a Zarr group `notes` in the run, so it goes where the run
goes, and whoever writes the run's records is not disturbed.
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
"""JSON takes up to 12 bytes for a character."""


@dataclass(frozen=True)
class Notes:
    """What was noted of a run.

    Attributes:
        text: Anything, of one line or several.
        tags: Words to find the run by: one line each, without commas.

    Raises:
        ValueError: If a tag is empty, given twice or no plain word, or there is
            too much of anything.

    Example:

    >>> Notes("Diverged after the second epoch.", ("to repeat",)).tags
    ('to repeat',)
    """

    text: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST_TEXT:
            raise ValueError(
                f"A note has {LONGEST_TEXT:,} characters at most. "
                f"Received: {len(self.text):,}"
            )
        for tag in self.tags:
            if not tag.strip() or tag != tag.strip():
                raise ValueError(
                    f"A tag has letters, and no blanks around them. Received: {tag!r}"
                )
            if not tag.isprintable() or "," in tag or len(tag) > LONGEST_TAG:
                raise ValueError(
                    f"A tag has one line of {LONGEST_TAG} characters at most, and no "
                    f"comma. Received: {tag[:LONGEST_TAG]!r}"
                )
        if len(self.tags) > MOST_TAGS or len({*self.tags}) < len(self.tags):
            raise ValueError(
                f"A run has {MOST_TAGS} tags at most, each once. "
                f"Received: {len(self.tags)} tags"
            )
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise ValueError("A note holds whole characters only.") from error


def read_notes(path: str | os.PathLike[str]) -> Notes:
    """Reads what was noted of a run.

    Args:
        path: Path or fsspec URL of the run, with or without `.zarr`.

    Returns:
        The notes; empty ones if there are none, or they cannot be read, or are
        not what `write_notes` writes.

    Example:

    >>> read_notes("runs/never-made")
    Notes(text='', tags=())
    """
    try:
        data = open_store(run_path(path)).read(KEY, BYTES_LIMIT)
        return decode(data) if data is not None else Notes()
    # Whatever a stranger's file makes of the decoder, the run is to be seen.
    except (RunError, OSError, ValueError, RecursionError):
        return Notes()


def write_notes(path: str | os.PathLike[str], notes: Notes) -> None:
    """Notes something of a run, in the place of what was noted before.

    The run may be live: its writer is not disturbed.

    Args:
        path: Path or fsspec URL of the run, with or without `.zarr`.
        notes: What to note.

    Raises:
        RunError: If there is no run, or it cannot be written.

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
            raise RunError(f"There is no run at {path} to note something of.")
        store.make((GROUP,))
        store.write(KEY, encode_json(document(notes)))
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
        ValueError: If it is not what `document` makes.
    """
    found = json.loads(data)
    attributes = found.get("attributes") if isinstance(found, dict) else None
    if not isinstance(attributes, dict):
        raise ValueError("no attributes")
    text, tags = attributes.get("note"), attributes.get("tags")
    if not isinstance(text, str) or not isinstance(tags, list):
        raise ValueError("no note")
    if not all(isinstance(tag, str) for tag in tags):
        raise ValueError("a tag is no text")
    notes = Notes(text, tuple(tags))
    if found != document(notes):
        raise ValueError("more than notes")
    return notes
