"""Speed and memory of the app with very large runs."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.results import Result
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

SIZES = ((6, 100_000), (100, 10_000))
"""Layers and records of each run."""
STARTS = 5
"""Starts of the app; their median is reported."""
VALUES_IN_MEMORY = 4_000_000
"""Values to buffer before each flush."""
LIVE_RECORDS, LIVE_SECONDS, IDLE_SECONDS = 12, 0.7, 10.0
SESSION = Path(__file__).with_name("app_session.py")


def measure() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        for layers, records in SIZES:
            run = f"{folder}/{layers}.zarr"
            write_run(run, layers, records)
            yield from size_results(run, f"{layers} × {records:,}")
        yield from live_run_results(folder)


def size_results(run: str, size: str) -> list[Result]:
    starts = [session("start", run) for _ in range(STARTS)]
    found = {
        name: statistics.median(one[name] for one in starts) for name in starts[0]
    } | session("use", run)
    named = {
        "window": ("process start to window", 0.6, "s"),
        "first figure": ("window to first figure", 1.0, "s"),
        "memory": ("memory", 500.0, "MB"),
    }
    results = [
        Result(f"app, {size}: {what}", found.pop(name), unit, at_most=most)
        for name, (what, most, unit) in named.items()
    ]
    goals = {"pan": 50.0, "zoom": 50.0, "cursor": 16.0, "hover": 16.0}
    return results + [
        Result(f"app, {size}: {name}", value, "ms", at_most=goals[name.split(":")[0]])
        for name, value in found.items()
    ]


def live_run_results(folder: str) -> Iterator[Result]:
    yield Result("app: a live record on screen", live_delay(folder), "s", at_most=1.0)
    share = idle_share(folder)
    yield Result("app: idle following, share of a core", share, "", at_most=0.03)
    refreshed = session("refresh", f"{folder}/refreshed.zarr")
    grown = refreshed["after"] - refreshed["before"]
    yield Result(f"app: growth in {refreshed['refreshes']:,.0f} refreshes", grown, "MB")


def live_delay(folder: str) -> float:
    """Median seconds from a flush to the repaint that shows the record."""
    with writing(f"{folder}/live.zarr") as (writer, measured):
        seconds = LIVE_RECORDS * LIVE_SECONDS + 3
        process = start("live", f"{folder}/live.zarr", str(seconds))
        process.stdout.readline()
        flushed = {}
        for step in range(1, LIVE_RECORDS + 1):
            time.sleep(LIVE_SECONDS)
            writer.record(step, measured)
            writer.flush()
            flushed[str(step)] = time.time()
        seen = finish(process)
    delays = [seen[step] - when for step, when in flushed.items() if step in seen]
    return statistics.median(delays)


def idle_share(folder: str) -> float:
    with writing(f"{folder}/idle.zarr"):
        return session("idle", f"{folder}/idle.zarr", str(IDLE_SECONDS))["share"]


@contextmanager
def writing(run: str):
    """Writes a live run with one record."""
    layers, measured = measurement(6)
    with RunWriter(run, layers=layers) as writer:
        writer.record(0, measured)
        writer.flush()
        yield writer, measured


def measurement(layers: int) -> tuple[list[Layer], Measurement]:
    """A layer table and one measurement of it with 700 non-empty bins."""
    table = [
        Layer(f"hidden_{i + 1}", "Dense", "tanh", 1000, 1, -1.0, 1.0)
        for i in range(layers)
    ]
    shape = len(QUANTITIES), layers
    random = np.random.default_rng(0)
    histogram = np.zeros((*shape, BIN_COUNT), np.uint32)
    histogram[..., 500:1200] = np.arange(700) // 8 + 1
    values = np.abs(random.normal(size=(*shape, len(STATISTICS)))).astype(np.float32)
    return table, Measurement(values, histogram)


def write_run(run: str, layers: int, records: int) -> None:
    table, measured = measurement(layers)
    noise = 1 + 0.05 * np.random.default_rng(0).normal(size=997).astype(np.float32)
    flush_every = max(1, VALUES_IN_MEMORY // (6 * layers * BIN_COUNT))
    with RunWriter(run, layers=table) as writer:
        for step in range(records):
            values = measured.statistics * noise[step % len(noise)]
            writer.record(step, Measurement(values, measured.histogram))
            if step % 20 == 0:
                writer.log(step, {"loss": float(np.exp(-3 * step / records))})
            if step % flush_every == 0:
                writer.flush()


def session(*arguments: str) -> dict[str, float]:
    return finish(start(*arguments))


def start(*arguments: str) -> "subprocess.Popen[str]":
    paths = [str(SESSION.parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "STARTED": str(time.time()),
    }
    return subprocess.Popen(
        [sys.executable, str(SESSION), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, float]:
    output, messages = process.communicate()
    if process.returncode:
        raise SystemExit(messages)
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return found
