"""Starts and kills processes that write runs."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

SCRIPTS = Path(__file__).parents[1]


def start(
    run: Path | str,
    writer: int,
    *,
    mode: str = "auto",
    resume_from: int = -1,
    pause: float = 0.002,
    records: int = 10**9,
) -> subprocess.Popen[str]:
    """Starts a writer; its output has a line for each record."""
    paths = [str(SCRIPTS), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return subprocess.Popen(
        [
            *(sys.executable, "-W", "ignore", "-m", "soaking.writer", str(run)),
            *map(str, (writer, mode, resume_from, pause, records)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )


def output_of(process: subprocess.Popen[str]) -> IO[str]:
    """Returns the output of a writer."""
    if process.stdout is None:
        raise ValueError("The process was started without a pipe.")
    return process.stdout


def kill(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    """Kills a writer; returns the lines of its output, and its errors."""
    process.send_signal(signal.SIGKILL)
    out, err = process.communicate()
    whole = out[: out.rfind("\n") + 1]
    return whole.splitlines(), err


def recorded(lines: list[str]) -> dict[int, float]:
    """Returns the time at which each step was recorded."""
    pairs = [line.split() for line in lines]
    return {int(pair[0]): float(pair[1]) for pair in pairs if pair[0].isdecimal()}
