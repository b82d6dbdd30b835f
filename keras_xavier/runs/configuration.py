"""The recorded configuration of a training run, for display."""

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = (
    "optimizer",
    "training",
    "model",
    "source",
    "probe_size",
    "seed",
    "trial",
    "device",
    "backend",
    "versions",
)
"""The attributes that are shown, in this order."""
FLAT = ("training",)
"""Attributes whose entries need no prefix."""
DEEPEST = 4
CLASS = "class"


def configuration(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the recorded configuration of a run as one value for each name.

    Args:
        attributes: dict. Attributes of the run.

    Returns:
        dict of names such as `"optimizer.learning_rate"` to JSON values. Settings that
        are not used (null) are left out, and layers are only counted.

    Example:

    >>> configuration({"optimizer": {"class": "SGD", "learning_rate": 0.1}})
    {'optimizer': 'SGD', 'optimizer.learning_rate': 0.1}
    """
    found: dict[str, Any] = {}
    for name in SHOWN:
        prefix = "" if name in FLAT else name
        found |= dict(entries(prefix, attributes.get(name), DEEPEST))
    return found


def entries(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Yields names and values inside a value."""
    if value is None:
        return
    if not isinstance(value, Mapping) or depth == 0:
        yield name, value
        return
    if CLASS in value and name:
        yield name, value[CLASS]
    for key, one in value.items():
        inner = f"{name}.{key}" if name else str(key)
        if key == "layers" and isinstance(one, list):
            yield inner, len(one) + count_of(value.get("omitted"))
        elif key not in (CLASS, "omitted"):
            yield from entries(inner, one, depth - 1)


def count_of(value: Any) -> int:
    return value if isinstance(value, int) else 0
