"""Speed of generating Shapeset-3×2 images."""

import statistics
import time

from benchmarks.network import BATCH_SIZE
from benchmarks.results import Result
from keras_xavier import datasets
from keras_xavier.datasets.shapeset3x2 import generate

IMAGES = 65_536
BATCHES = 10_000
REPEATS = 5


def measure() -> list[Result]:
    generate(seed=0, start=0, count=IMAGES)
    seconds = []
    for number in range(REPEATS):
        # Processor time of this thread is independent of other processes.
        start = time.thread_time()
        generate(seed=0, start=number * IMAGES, count=IMAGES)
        seconds.append(time.thread_time() - start)
    stream = iter(datasets.load("shapeset3x2").stream(BATCH_SIZE, seed=0))
    next(stream)
    start = time.perf_counter()
    for _ in range(BATCHES):
        next(stream)
    streamed = time.perf_counter() - start
    return [
        Result(
            "Shapeset-3×2 images on one core",
            IMAGES / statistics.median(seconds),
            "per second",
            at_least=50_000,
        ),
        Result(f"batches of {BATCH_SIZE} from its stream", BATCHES / streamed, "/s"),
    ]
