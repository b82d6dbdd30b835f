"""Runs a benchmark on each backend, each in a separate process."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from benchmarks.results import BACKENDS, Result


def on_each_backend(module: str) -> Iterator[Result]:
    """Calls `measure_here(backend)` of a module with each backend."""
    for backend in BACKENDS:
        yield from on_backend(module, backend)


def on_backend(module: str, backend: str) -> list[Result]:
    rows = in_own_process(backend, "benchmarks.backends", module, backend)
    found = [Result(**row) for row in rows]
    return [replace(result, name=f"{backend}: {result.name}") for result in found]


def in_own_process(backend: str, module: str, *arguments: str) -> Any:
    """Runs a module with a backend, and returns the JSON in its last line."""
    finished = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ
        | {
            "KERAS_BACKEND": backend,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.path.dirname(os.path.dirname(__file__)),
        },
    )
    return json.loads(finished.stdout.splitlines()[-1])


if __name__ == "__main__":
    here = importlib.import_module(sys.argv[1]).measure_here(sys.argv[2])
    print(json.dumps([asdict(result) for result in here]))
