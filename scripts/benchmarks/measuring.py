"""Cost of recording on each backend: passes, steps, the first record, alternatives."""

import tempfile
from collections.abc import Iterator

import keras

from benchmarks import first_record, network, passes, recorded_steps
from benchmarks.backends import on_each_backend
from benchmarks.results import Result, medians
from keras_xavier import probing

REPEATS = 15
FIRST_RECORD = "40 dense layers"
"""The network of `first_record` that compiles fastest."""
GROWTH = {
    "layers": [(layers, 500, 300) for layers in (2, 4, 8)],
    "units": [(4, units, 300) for units in (250, 500, 1000)],
    "examples": [(4, 500, size) for size in (150, 300, 600)],
}
"""Sizes to compare: layers, units, examples."""


def measure() -> Iterator[Result]:
    yield from on_each_backend(__name__)
    yield from first_record.measure(FIRST_RECORD)


def measure_here(backend: str) -> list[Result]:
    networks = {
        "five layers of 1000": network.dense_network(),
        "twenty convolutions": network.convolutional_network(),
    }
    found = []
    for name, model in networks.items():
        found += statistics_pass(name, model) + recorded_steps.costs(name, model)
    found += predictions()
    return found + (summaries() + growth() if backend == "tensorflow" else [])


def statistics_pass(name: str, model: keras.Model) -> list[Result]:
    x, y = network.examples()
    bare, ours = medians(
        passes.bare_pass(model, x, y),
        probing.make_probe(model, x, y).measure,
        repeats=REPEATS,
    )
    return [
        Result(f"{name}: bare forward + backward, 300 examples", bare * 1e3, "ms"),
        Result(
            f"{name}: statistics pass, relative to bare pass",
            ours / bare,
            "×",
            at_most=1.3,
        ),
    ]


def predictions() -> list[Result]:
    model = network.dense_network()
    x, y = network.examples()
    bare, predicted = medians(
        passes.bare_pass(model, x, y), passes.predict_pass(model, x), repeats=REPEATS
    )
    name = "predict + NumPy, activations only, relative to bare pass"
    return [Result(name, predicted / bare, "×")]


def summaries() -> list[Result]:
    model = network.dense_network()
    x, y = network.examples()
    with tempfile.TemporaryDirectory() as folder:
        bare, ours, summaries = medians(
            passes.bare_pass(model, x, y),
            probing.make_probe(model, x, y).measure,
            passes.summary_pass(model, x, y, folder),
            repeats=REPEATS,
        )
    return [
        Result("tf.summary.histogram, relative to bare pass", summaries / bare, "×"),
        Result(
            "tf.summary.histogram, relative to statistics pass",
            summaries / ours,
            "×",
            at_least=5,
        ),
    ]


def growth() -> list[Result]:
    """Time of the statistics in addition to the bare pass, for several sizes."""
    found = []
    for sizes in GROWTH.values():
        for layers, units, size in sizes:
            model = network.dense_network(layers, units)
            x, y = network.examples(size)
            bare, ours = medians(
                passes.bare_pass(model, x, y),
                probing.make_probe(model, x, y).measure,
                repeats=REPEATS,
            )
            name = f"statistics of {layers} × {units} units, {size} examples"
            found.append(Result(name, (ours - bare) * 1e3, "ms"))
    return found
