"""Marks of runs that can be opened, but not read."""

from dataclasses import replace

from keras_xavier.runs import State
from keras_xavier_gui.sources.listing import Entry


class DamageMarks:
    """Marks runs as broken until they are written, or the marks are cleared."""

    def __init__(self) -> None:
        # Why each run cannot be read, and when the run was written.
        self._reasons: dict[str, tuple[str, float]] = {}

    def add(self, entry: Entry, reason: str) -> Entry:
        """Marks a run, and returns its entry as broken."""
        if entry.run.state is not State.BROKEN:
            self._reasons[entry.run.path] = reason, entry.run.updated
        return self.apply(entry)

    def apply(self, entry: Entry) -> Entry:
        """Returns the entry of a run, as broken if the run is marked."""
        run = entry.run
        reason, updated = self._reasons.get(run.path, ("", 0.0))
        if not reason or updated != run.updated or run.state is State.BROKEN:
            return entry
        return replace(entry, run=replace(run, state=State.BROKEN, reason=reason))

    def clear(self) -> None:
        """Removes all marks."""
        self._reasons.clear()
