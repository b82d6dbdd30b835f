"""Cost of storing records: time of the training thread, and disk space."""

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.network import dense_network, examples
from benchmarks.results import Result
from keras_xavier import probing
from keras_xavier.runs import RunWriter

RECORDS = 300
SECONDS_BETWEEN_RECORDS = 0.02


def measure() -> list[Result]:
    probe = probing.make_probe(dense_network(), *examples())
    measurement = probe.measure()
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run.zarr"
        writer = RunWriter(str(run), layers=probe.layers)
        for step in range(RECORDS):
            start = time.perf_counter()
            writer.record(step, measurement)
            seconds.append(time.perf_counter() - start)
            time.sleep(SECONDS_BETWEEN_RECORDS)
        writer.close()
        size = sum(file.stat().st_size for file in run.rglob("*") if file.is_file())
    return [
        Result(
            "storing a record, on the training thread, mean",
            statistics.fmean(seconds) * 1e3,
            "ms",
            at_most=0.3,
        ),
        Result("the slowest record", max(seconds) * 1e3, "ms"),
        Result("a record on disk", size / RECORDS / 1024, "KiB"),
    ]
