"""Names under which metrics are stored: any name costs at most its own metric."""

import json
from collections.abc import Iterable, Mapping
from typing import SupportsFloat
from zlib import crc32

from keras_xavier.runs.schema import METRIC_LIMIT, METRIC_NAMES_LIMIT
from keras_xavier.text import sanitize

FIRST = ("loss", "val_loss")
"""Metrics that always have room."""
LONGEST = 256
"""Maximum length of a name; longer names are shortened."""
MOST_COUNTED = 100_000


class MetricNames:
    """Chooses the metrics that are stored, and repairs names that cannot be.

    Args:
        stored: Iterable of str. Names that the run has already.

    Attributes:
        problems: List of str. Reasons for a warning, each kind once.
    """

    def __init__(self, stored: Iterable[str]) -> None:
        self.problems: list[str] = []
        self._stored = {name: name for name in stored}
        self._bytes = sum(map(size, self._stored))
        self._left_out: set[int] = set()
        self._repaired = False

    def __len__(self) -> int:
        return len({*self._stored.values()})

    def select(self, metrics: Mapping[str, SupportsFloat]) -> dict[str, float]:
        """Returns the values that are stored, by the names that are stored."""
        found = {}
        for name in sorted(metrics, key=lambda name: name not in FIRST):
            stored = self._stored.get(name) or self._add(name)
            if stored is not None:
                found[stored] = float(metrics[name])
        return found

    def _add(self, name: object) -> str | None:
        text = str(name)
        stored = repair(text)
        if stored not in self._stored:
            reserved = len({*FIRST} - {stored} - self._stored.keys())
            room = METRIC_LIMIT - reserved - len(self._stored)
            if room <= 0 or self._bytes + size(stored) > METRIC_NAMES_LIMIT:
                self._leave_out(text)
                return None
            self._stored[stored] = stored
            self._bytes += size(stored)
        if stored != text and not self._repaired:
            self._repaired = True
            self.problems.append(
                f"The name of a metric cannot be stored, so it becomes "
                f"{sanitize(stored)!r}. Allowed: Unicode text of at most {LONGEST} "
                "characters, without the null character."
            )
        return stored

    def _leave_out(self, name: str) -> None:
        if not self._left_out:
            self.problems.append(
                f"A run has at most {METRIC_LIMIT:,} metrics with names of at most "
                f"{METRIC_NAMES_LIMIT:,} bytes, so metrics are left out, beginning "
                f"with {sanitize(repair(name))!r}."
            )
        if len(self._left_out) < MOST_COUNTED:
            self._left_out.add(hash(name))

    @property
    def left_out(self) -> int:
        """Number of metrics that are left out."""
        return len(self._left_out)


def repair(name: str) -> str:
    """Returns a name that can be stored, unique for each name."""
    if len(name) <= LONGEST and name.isascii() and "\0" not in name:
        return name
    data = name.encode(errors="surrogatepass")
    clean = name.encode(errors="replace").decode().replace("\0", "\ufffd")
    if clean == name and len(name) <= LONGEST:
        return name
    return f"{clean[: LONGEST - 9]}~{crc32(data):08x}"


def size(name: str) -> int:
    """Returns the size of a name in JSON, in bytes."""
    return len(json.dumps(name)) + 1
