"""Readers of a run whose files arrive late and in any order, as on network disks.

A writer records, and is killed and replaced again and again: by one that resumes its
run from an earlier step, or overwrites it. Each version of each file reaches the
readers after a random time.
"""

import contextlib
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

from soaking.kills import Outcome
from soaking.processes import kill, start
from soaking.values import WRITERS, WrongValueError, check

from keras_xavier.runs import Run, RunError, open_run

LATEST = 5.0
"""Maximum delay of a file, in seconds."""
REPLACED_SECONDS = 30.0


class Mirror:
    """A copy of a folder in which each file arrives late.

    Args:
        source: Path. The folder.
        target: Path. The copy.
        latest: float. Maximum delay, in seconds.
        delays: Random. Source of delays.
    """

    def __init__(
        self, source: Path, target: Path, latest: float, delays: random.Random
    ) -> None:
        self._source, self._target = source, target
        self._latest, self._delays = latest, delays
        self._seen: dict[Path, tuple[int, int]] = {}
        self._waiting: dict[Path, list[tuple[float, bytes | None]]] = {}

    def update(self, *, all_now: bool = False) -> None:
        """Notices new versions of files, and delivers those that are due."""
        found = {}
        for parent, _, names in os.walk(self._source):
            for name in names:
                if not name.startswith("partial"):
                    path = Path(parent, name)
                    with contextlib.suppress(FileNotFoundError):
                        status = path.stat()
                        found[path] = status.st_ino, status.st_mtime_ns
        for path in found.keys() | self._seen.keys():
            if found.get(path) != self._seen.get(path):
                content = None
                if path in found:
                    try:
                        content = path.read_bytes()
                    except FileNotFoundError:
                        continue
                due = time.monotonic() + self._delays.uniform(0, self._latest)
                versions = self._waiting.setdefault(path, [])
                versions.append((due, content))
        self._seen = found
        now = time.monotonic()
        for path, versions in self._waiting.items():
            due_now = [i for i, (due, _) in enumerate(versions) if due <= now]
            if all_now and versions:
                due_now = [len(versions) - 1]
            if due_now:
                # A later version that arrives first replaces the earlier ones.
                self._deliver(path, versions[due_now[-1]][1])
                del versions[: due_now[-1] + 1]

    def _deliver(self, path: Path, content: bytes | None) -> None:
        target = self._target / path.relative_to(self._source)
        if content is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"partial-{target.name}")
        partial.write_bytes(content)
        partial.replace(target)


def soak(
    minutes: float,
    seed: int = 0,
    *,
    latest: float = LATEST,
    replaced: float = REPLACED_SECONDS,
    pause: float = 0.2,
) -> Outcome:
    """Follows a run for `minutes`, with an open reader and with new ones."""
    chance = random.Random(seed)  # noqa: S311 - no secrets
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        mirror = Mirror(source, target, latest, chance)
        run, seen = source / "run.zarr", target / "run.zarr"
        number, reader = 1, None
        process = start(run, number, mode="create", pause=pause)
        end = time.monotonic() + 60 * minutes
        replace_at = time.monotonic() + replaced
        while time.monotonic() < end:
            mirror.update()
            reader = look(outcome, reader, seen, chance)
            if time.monotonic() > replace_at:
                replace_at = time.monotonic() + replaced
                stop(outcome, process)
                number = number % (WRITERS - 1) + 1
                process = replace(run, number, pause, chance)
            time.sleep(0.2)
        stop(outcome, process)
        mirror.update()
        mirror.update(all_now=True)
        outcome.tries += 1
        settle(outcome, run, seen)
    return outcome


def stop(outcome: Outcome, process: subprocess.Popen[str]) -> None:
    _, errors = kill(process)
    if errors:
        outcome.lost_runs += 1
        outcome.add_problem(errors[-300:])


def replace(
    run: Path, number: int, pause: float, chance: random.Random
) -> subprocess.Popen[str]:
    """Starts another writer of the run."""
    if chance.random() < 0.5:
        return start(run, number, mode="overwrite", pause=pause)
    last = open_run(run).last_step or 0
    earlier = max(0, last - chance.randint(1, 40))
    return start(run, number, mode="resume", resume_from=earlier, pause=pause)


def look(
    outcome: Outcome, reader: Run | None, seen: Path, chance: random.Random
) -> Run | None:
    """Reads everything, with an open reader or a new one; returns the open reader."""
    outcome.tries += 1
    try:
        if reader is None or chance.random() < 0.3:
            check(open_run(seen))
        if reader is None:
            return open_run(seen)
        if chance.random() < 0.7:
            reader.refresh()
        check(reader)
        if reader.records:
            outcome.seconds.append(time.time() - float(reader.wall_times[-1]))
    except RunError as error:
        # The run is incomplete at this moment, or was replaced by another.
        outcome.refused += 1
        if "replaced by another run" in str(error) or "There is no run" in str(error):
            return None
    except WrongValueError as error:
        outcome.wrong += 1
        outcome.add_problem(str(error))
    return reader


def settle(outcome: Outcome, run: Path, seen: Path) -> None:
    """Compares both folders when all files have arrived."""
    try:
        if check(open_run(seen)) != check(open_run(run)):
            raise WrongValueError("The copy has fewer records than the run.")
    except (RunError, WrongValueError) as error:
        outcome.lost_runs += 1
        outcome.add_problem(str(error))
