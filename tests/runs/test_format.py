"""Reads a run with the code of the page about the run format."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import keras_xavier as kx
from keras_xavier.histogram_bins import BIN_COUNT, EDGE_COUNT
from keras_xavier.runs.array_forms import ARRAYS, LABELS, UNIT_LABELS
from keras_xavier.statistics import Role

PAGE = (Path(__file__).parents[2] / "docs/reference/run-format.md").read_text("utf-8")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A run recorded by the callback."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(40, 8)).astype("float32"), random.integers(3, size=40)
    model = kx.models.mlp((8,), classes=3, layers=2, units=6, seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    folder = tmp_path_factory.mktemp("runs") / "runs"
    record = kx.LayerStatistics(
        str(folder / "mine"), probe=(x, y), hyperparameters={"seed": 0}
    )
    model.fit(x, y, verbose=0, callbacks=[record])
    return folder / "mine.zarr"


@pytest.fixture(scope="module")
def reader(path):
    """Names that the code of the page defines."""
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.S | re.M)
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent.parent)
        exec(code, names)  # noqa: S102 - our own page
    return names


def test_the_code_of_the_page_reads_the_same_arrays(path, reader):
    run = kx.open_run(path)
    arrays = {
        name: reader["read_array"](path, name, reader["arrays"][name])
        for name in ARRAYS.keys() - LABELS.keys() - UNIT_LABELS.keys()
    }

    assert arrays["step"].tolist() == run.steps.tolist()
    assert arrays["wall_time"].tolist() == run.wall_times.tolist()
    (statistics,) = run.read_records("statistics")
    np.testing.assert_array_equal(arrays["statistics"], statistics)
    (histogram,) = run.read_records("histogram")
    np.testing.assert_array_equal(arrays["histogram"], histogram)
    assert len(run.unit_steps)
    assert arrays["unit_step"].tolist() == run.unit_steps.tolist()
    (units,) = run.read_records("units")
    np.testing.assert_array_equal(arrays["units"], units)
    for row, quantity in enumerate(run.quantities):
        np.testing.assert_array_equal(arrays["bin_edges"][row], run.edges(quantity))
    for index, (steps, values) in enumerate(run.metrics().values()):
        rows = arrays["log_metric"] == index
        assert arrays["log_step"][rows].tolist() == steps.tolist()
        assert arrays["log_value"][rows].tolist() == values.tolist()
    attributes = reader["attributes"]
    for name, found in (
        ("quantity", attributes["quantities"]),
        ("layer", [row["name"] for row in attributes["layers"]]),
        ("statistic", attributes["statistics"]),
        ("metric", attributes["metrics"]),
        ("unit_statistic", attributes["unit_statistics"]),
    ):
        assert reader["read_names"](path, name, reader["arrays"][name]) == found


def test_the_page_lists_type_and_axes_of_each_array(path, reader):
    listed = {}
    for names, kind, axes in re.findall(r"^\| (`.+?) \| (\w+) \| (.+?) \|", PAGE, re.M):
        for name in re.findall(r"`(\w+)`", names):
            found = re.findall(r"`(\w+)`", axes) or [name]
            listed[name] = (kind, tuple(found))

    assert {name: listed[name] for name in ARRAYS} == ARRAYS
    assert reader["arrays"].keys() == ARRAYS.keys()
    assert f"| `bin` | {BIN_COUNT} |" in PAGE
    assert f"| `edge` | {EDGE_COUNT} |" in PAGE


def test_the_page_lists_every_attribute(path, reader):
    attributes = reader["attributes"]
    names = {
        *attributes,
        *attributes["writer"],
        *attributes["layers"][0],
        *attributes["quantities"],
        *attributes["statistics"],
        *attributes["unit_statistics"],
        *Role,
    }
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
    for state in kx.runs.State:
        assert state == "broken" or f"`{state}`" in PAGE


def test_the_page_lists_the_codecs_in_order(path):
    document = json.loads((path / "histogram" / "zarr.json").read_text())
    codecs = [codec["name"] for codec in document["codecs"]]
    places = [PAGE.index(f"`{name}`") for name in codecs]
    assert places == sorted(places)
    assert codecs == ["bytes", "blosc", "crc32c"]
    assert {
        key: value
        for key, value in document["codecs"][1]["configuration"].items()
        if key != "typesize"
    } == {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "blocksize": 0}
    keys = [file.name for file in (path / "histogram").iterdir()]
    assert sorted(keys) == ["c.0.0.0.0", "zarr.json"]


def test_notes_are_stored_as_the_page_states(path):
    kx.runs.write_notes(path, kx.runs.Notes("The best one.", ("figure 3",)))
    document = json.loads((path / "notes" / "zarr.json").read_text())
    assert document["attributes"] == {"note": "The best one.", "tags": ["figure 3"]}
