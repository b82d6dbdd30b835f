"""Copies of a mounted disk, taken without sync: what a power loss leaves.

Needs root and a loop device.
"""

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soaking.kills import Outcome, judge
from soaking.processes import kill, output_of, recorded, start

MEGABYTES = 96
SECONDS = 12.0
"""Time after which a disk is replaced by a new one."""


@contextmanager
def mounted(image: Path) -> Iterator[Path]:
    """Mounts the image of a disk."""
    folder = Path(tempfile.mkdtemp())
    run_command("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        run_command("umount", str(folder))
        folder.rmdir()


def run_command(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def copy_settled(image: Path, copy: Path) -> None:
    """Copies an image that nobody writes at this moment."""
    before = b""
    while True:
        after = image.read_bytes()
        if after == before:
            copy.write_bytes(after)
            return
        before = after


def soak(losses: int, seed: int = 0) -> Outcome:
    """Copies the disk of a writer `losses` times, and opens and resumes the copies."""
    moments = random.Random(seed)  # noqa: S311 - no secrets
    outcome = Outcome()
    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        image, copy = Path(folder) / "disk", Path(folder) / "copy"
        while outcome.tries < losses:
            with image.open("wb") as file:
                file.truncate(MEGABYTES * 2**20)
            run_command("mkfs.ext4", "-q", str(image))
            with mounted(image) as disk:
                process = start(disk / "run.zarr", 1, pause=0.01)
                out = ""
                end = time.monotonic() + SECONDS
                pipe = output_of(process).fileno()
                os.set_blocking(pipe, False)
                while time.monotonic() < end and outcome.tries < losses:
                    time.sleep(moments.uniform(0.0, 1.2))
                    process.send_signal(signal.SIGSTOP)
                    now = time.time()
                    copy_settled(image, copy)
                    with contextlib.suppress(BlockingIOError):
                        out += os.read(pipe, 2**24).decode()
                    process.send_signal(signal.SIGCONT)
                    outcome.tries += 1
                    whole = out[: out.rfind("\n") + 1].splitlines()
                    open_copy(outcome, copy, recorded(whole), now)
                os.set_blocking(pipe, True)
                kill(process)
    return outcome


def open_copy(
    outcome: Outcome, copy: Path, steps: dict[int, float], now: float
) -> None:
    """Opens the run on a copy of a disk, and resumes it."""
    with mounted(copy) as disk:
        run = disk / "run.zarr"
        judge(outcome, run, 0, steps, now)
        process = start(run, 2, pause=0.0, records=3)
        out, errors = process.communicate()
        if "closed" not in out or errors:
            outcome.lost_runs += 1
            outcome.add_problem(f"It cannot be resumed: {errors[-300:]}")
        judge(outcome, run, 0, {}, now)
        outcome.seconds.pop()


def memory() -> str | None:
    """Returns a folder in memory, where copies are fast."""
    folder = "/dev/shm"  # noqa: S108 - its files get random names
    return folder if os.path.isdir(folder) else None
