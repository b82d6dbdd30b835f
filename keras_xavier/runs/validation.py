"""Validates the root of a run, which may come from an untrusted source.

All variable parts are read from the attributes, and their types are checked. The
document must then equal, word for word, the document that this package would write for
them. So no other codec, data type, shape or chunk reaches the code that reads arrays.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from keras_xavier.runs.array_forms import ARRAYS_BY_VERSION, VERSION
from keras_xavier.runs.checksums import NO_CHECKSUM, check_root
from keras_xavier.runs.errors import RunError
from keras_xavier.runs.schema import (
    CHUNK_LIMIT,
    FORMAT,
    METADATA_LIMIT,
    Metadata,
    State,
    Writer,
)
from keras_xavier.runs.store import ROOT, Store, explain_missing_run
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Role

T = TypeVar("T")
Object = Mapping[str, Any]

LARGEST_LENGTH = 2**40
LAST_SECOND = 253402300799
"""End of the year 9999, the last year that `datetime` supports."""
STORED_STATES = tuple(state for state in State if state is not State.BROKEN)


def read_root(store: Store) -> bytes | None:
    """Reads the group's `zarr.json`; returns `None` if there is none.

    Raises:
        RunError: If the file cannot be read, or is too large.
    """
    try:
        return store.read(ROOT, METADATA_LIMIT)
    except (RunError, OSError) as error:
        raise RunError(f"{store.path} cannot be read: {error}") from error


def require_root(store: Store, path: str) -> bytes:
    """Reads the group's `zarr.json`.

    Raises:
        RunError: If the file is missing, cannot be read, or is too large.
    """
    root = read_root(store)
    if root is None:
        raise RunError(explain_missing_run(path))
    return root


def decode(root: bytes, path: str) -> Metadata:
    """Decodes the group's `zarr.json`.

    Args:
        root: bytes. Content of the file.
        path: str. Path of the run, for the message.

    Returns:
        `Metadata`.

    Raises:
        RunError: If this version would not write the same file.
    """
    try:
        document = json.loads(
            root, parse_float=parse_float, parse_constant=refuse_constant
        )
        # JSON allows unpaired surrogates, which cannot be encoded.
        json.dumps(document, ensure_ascii=False).encode()
        metadata = parse(document)
        if metadata.version > 1:
            check_root(root)
            document["attributes"]["checksum"] = NO_CHECKSUM
        compare(document, metadata.document())
    except RunError as error:
        raise RunError(f"{path} cannot be read: {error}") from error
    except (ValueError, OverflowError, RecursionError) as error:
        raise RunError(
            f"{path} cannot be read: its zarr.json is damaged: {error}"
        ) from error
    return metadata


def parse_float(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number[:20]} is too large")
    return value


def refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def compare(document: Object, expected: Object) -> None:
    if document == expected:
        return
    arrays = document["consolidated_metadata"]["metadata"]
    for name, array in expected["consolidated_metadata"]["metadata"].items():
        if arrays[name] != array:
            raise RunError(f"its array {name} does not match the format.")
    raise RunError("its zarr.json does not match the format.")


def parse(document: Any) -> Metadata:
    if not isinstance(document, dict):
        raise RunError("its zarr.json is not a JSON object.")
    attributes = take(document, "attributes", dict)
    if attributes.get("format") != FORMAT:
        raise RunError("it is not a run of keras-xavier.")
    version = take(attributes, "version", int)
    if not 1 <= version <= VERSION:
        raise RunError(
            f"its format has version {version}; this version of keras-xavier reads "
            f"format versions 1 to {VERSION}. Upgrade keras-xavier."
        )
    arrays = take(take(document, "consolidated_metadata", dict), "metadata", dict)
    for name in ARRAYS_BY_VERSION[version]:
        take(arrays, name, dict)
    writer = take(attributes, "writer", dict)
    metadata = Metadata(
        identity=take(attributes, "identity", str),
        writer=Writer(
            process=take(writer, "process", int),
            host=take(writer, "host", str),
            token=take(writer, "token", str),
        ),
        created=take_time(attributes, "created"),
        heartbeat=take_time(attributes, "heartbeat"),
        layers=tuple(parse_layer(row) for row in take(attributes, "layers", list)),
        state=lookup(STORED_STATES, take(attributes, "state", str)),
        reason=take(attributes, "reason", str, type(None)),
        dropped=take_length(attributes, "dropped"),
        revision=take_length(attributes, "revision"),
        quantities=tuple(
            lookup(QUANTITIES, name) for name in take(attributes, "quantities", list)
        ),
        statistics=tuple(
            lookup(STATISTICS, name) for name in take(attributes, "statistics", list)
        ),
        metrics=tuple(take(attributes, "metrics", list)),
        hyperparameters=take(attributes, "hyperparameters", dict),
        records=first_length(arrays["step"]),
        logs=first_length(arrays["log_step" if version > 1 else "metric_step"]),
        unit_records=first_length(arrays["unit_step"]) if version > 2 else 0,
        **(parse_binding(attributes) if version > 1 else {}),
        **(parse_units(attributes) if version > 2 else {}),
        version=version,
    )
    check(metadata)
    reserved = metadata.own_attributes()
    others = {name: value for name, value in attributes.items() if name not in reserved}
    return replace(metadata, attributes=others)


def parse_binding(attributes: Object) -> dict[str, Any]:
    """Parses the attributes that bind other files to the root."""
    names = (
        *("session", "session_records", "session_logs"),
        *("record_checksum", "log_checksum"),
    )
    last = take(attributes, "last_step", int, type(None))
    edges = tuple(map(check_integer, take(attributes, "edges_checksums", list)))
    if len(edges) != len(take(attributes, "quantities", list)):
        raise RunError("it has not one checksum of edges for each quantity.")
    numbers = {name: take_length(attributes, name) for name in names}
    return {"last_step": last, "edges_checksums": edges, **numbers}


def parse_units(attributes: Object) -> dict[str, Any]:
    """Parses the attributes of the statistics of single units."""
    names = take(attributes, "unit_statistics", list)
    numbers = ("session_units", "unit_checksum")
    return {
        "unit_statistics": tuple(lookup(STATISTICS, name) for name in names),
        **{name: take_length(attributes, name) for name in numbers},
    }


def parse_layer(row: Any) -> Layer:
    if not isinstance(row, dict):
        raise RunError("a row of its layer table is not an object.")
    lower = take(row, "lower", float, int, type(None))
    upper = take(row, "upper", float, int, type(None))
    absent = take(row, "absent", dict)
    counted = take({"counted": {}, **row}, "counted", dict)
    layer = Layer(
        name=take(row, "name", str),
        kind=take(row, "kind", str),
        activation=take(row, "activation", str, type(None)),
        units=take_length(row, "units"),
        parameters=take_length(row, "parameters"),
        lower=-math.inf if lower is None else float(lower),
        upper=math.inf if upper is None else float(upper),
        absent={lookup(QUANTITIES, name): take(absent, name, str) for name in absent},
        counted={
            lookup(QUANTITIES, name): take_part(counted, name) for name in counted
        },
        role=lookup(Role, take({"role": str(Role.LAYER), **row}, "role", str)),
    )
    if not layer.lower < layer.upper:
        raise RunError("the range of a layer's activation is empty.")
    return layer


def take_part(counted: dict[str, Any], name: str) -> tuple[int, int]:
    """Returns the number of counted values and of all values."""
    sizes = take(counted, name, list)
    if not (
        len(sizes) == 2
        and all(type(size) is int for size in sizes)
        and 0 < sizes[0] <= sizes[1]
    ):
        raise RunError(
            f"the counted values of {name!r} are {sizes}; they should be a part and "
            "the number of all values."
        )
    return sizes[0], sizes[1]


def check(metadata: Metadata) -> None:
    """Refuses values of the right type that are impossible."""
    for name in ("layer", "quantity", "statistic", "unit_statistic", "metric"):
        labels = metadata.labels(name)
        if any(not isinstance(label, str) for label in labels):
            raise RunError(f"a name of its axis {name} is not a string.")
        if len(set(labels)) < len(labels):
            raise RunError(f"the names of its axis {name} are not unique.")
        if not labels and name != "metric":
            raise RunError(f"its axis {name} is empty.")
    if len(metadata.metrics) > metadata.metric_limit:
        raise RunError(f"it has more than {metadata.metric_limit} metrics.")
    for name in metadata.array_names:
        array = metadata.array(name)
        if array.chunk_bytes > CHUNK_LIMIT:
            raise RunError(f"its array {name} has chunks over {CHUNK_LIMIT:,} bytes.")


def take(document: Object, name: str, *types: type) -> Any:
    """Returns an entry of a JSON object, which must have one of the types."""
    value = document.get(name)
    # In Python, `True` is an integer.
    if not isinstance(value, types) or isinstance(value, bool):
        raise RunError(f"its entry {name} is missing or of the wrong type.")
    return value


def take_time(document: Object, name: str) -> float:
    seconds = float(take(document, name, float, int))
    if not 0 <= seconds <= LAST_SECOND:
        raise RunError(f"its entry {name} is not a valid time.")
    return seconds


def take_length(document: Object, name: str) -> int:
    return check_length(take(document, name, int))


def first_length(array: Object) -> int:
    shape = take(array, "shape", list)
    if len(shape) != 1 or type(shape[0]) is not int:
        raise RunError("one of its arrays has an impossible shape.")
    return check_length(shape[0])


def check_integer(value: Any) -> int:
    if type(value) is not int:
        raise RunError("one of its checksums is not an integer.")
    return value


def check_length(length: int) -> int:
    if not 0 <= length <= LARGEST_LENGTH:
        raise RunError(f"it has an impossible length of {length}.")
    return length


def lookup(choices: Iterable[T], name: Any) -> T:
    for choice in choices:
        if choice == name:
            return choice
    raise RunError(
        f"it has the unknown name {str(name)[:50]!r}. "
        f"Known: {', '.join(map(str, choices))}. A later version may know it: upgrade "
        "keras-xavier."
    )
