"""The figure of the network: values, colors, labels, views and runs without a graph."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from keras_xavier.figures import DARK
from keras_xavier.figures.functions import make_plot
from keras_xavier.figures.network import Network
from keras_xavier.figures.network_data import network_data
from keras_xavier.figures.reading import find_nearest, read, readable
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
    Quantity,
    Role,
    summarize,
)

GRAPH = {
    "layers": [
        {"name": "x", "class": "InputLayer", "inputs": []},
        {"name": "first", "class": "Dense", "inputs": ["x"]},
        {"name": "block", "class": "Block", "inputs": ["first"]},
        {"name": "block/a", "class": "Dense"},
        {"name": "block/b", "class": "Dense"},
        {"name": "add", "class": "Add", "inputs": ["first", "block"]},
        {"name": "out", "class": "Dense", "inputs": ["add"]},
    ],
    "outputs": ["out"],
}
ROWS = ("first", "block/a", "block/b", "out")
ABSENT = {
    one: "not measured"
    for one in Quantity
    if one not in (Quantity.ACTIVATION, Quantity.WEIGHT)
}


def write_run(folder, name, rows=ROWS, attributes=None, scale=0.1):
    """A run whose layer i has activations with a standard deviation of scale^i."""
    layers = [Layer(one, "Dense", "relu", 8, 72, absent=ABSENT) for one in rows]
    layers[-1] = replace(layers[-1], absent={**ABSENT, Quantity.WEIGHT: "it has none"})
    bias = Layer("first/bias", "Dense", None, 8, 8, absent=ABSENT, role=Role.BIAS)
    table = [*layers, bias]
    given = {"model": GRAPH} if attributes is None else attributes
    random = np.random.default_rng(0)
    folder.mkdir(exist_ok=True)
    with RunWriter(folder / name, layers=table, attributes=given) as writer:
        for step in (0, 10):
            shape = len(QUANTITIES), len(table)
            statistics = np.full((*shape, len(STATISTICS)), np.nan, np.float32)
            for i, layer in enumerate(table):
                values = (1 + step) * scale**i * random.normal(size=500)
                for quantity in (Quantity.ACTIVATION, Quantity.WEIGHT):
                    if quantity not in layer.absent:
                        statistics[QUANTITIES.index(quantity), i] = summarize(values)
            counts = np.zeros((*shape, BIN_COUNT), np.uint32)
            writer.record(step, Measurement(statistics, counts))
    return open_run(folder / f"{name}.zarr")


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path, "net")


def drawn(plot):
    FigureCanvasAgg(plot.figure).draw()
    return plot


def labels(plot):
    axes = plot.layout.axes[0]
    return [one.get_text() for one in axes.texts if one.get_visible()]


def outlines(plot, panel=0):
    """The boxes of all nodes in pixels, by name."""
    axes = plot.layout.axes[panel]
    return {
        one.node.name: Bbox(axes.transData.transform([one.box[:2], one.box[2:]]))
        for one in plot.drawn[panel].boxes
    }


def value_at(plot, layer, panel=0):
    """What is read at the center of a layer."""
    groups = readable(plot)
    group = groups[panel]
    left, bottom, right, top = group.box(list(group.layers).index(layer), 0)
    place = (left + right) / 2, (bottom + top) / 2
    return read(groups, find_nearest(groups, group.axes, *place))


def test_nodes_have_the_values_and_the_colors_of_their_layers(run):
    plot = drawn(make_plot("network", run, statistic="std", step=0))
    stored = run.read_statistics("activation", "std")[0]
    table = plot.table().columns
    assert table["layer"].tolist() == ["x", *ROWS[:3], "add", "out"]
    assert table["inputs"].tolist() == ["", "x", "first", "first", "first block", "add"]
    np.testing.assert_array_equal(table["std"][[1, 2, 3, 5]], stored[:4])
    bar = plot.layout.colorbar
    colors = bar.colors
    axes = plot.layout.axes[0]
    drawn_colors = [to_hex(one) for one in plot._artists[0].faces]
    assert drawn_colors == [to_hex(colors.to_rgba(one)) for one in stored[:4]]
    for layer, value in zip(ROWS, stored, strict=False):
        reading = value_at(plot, layer)
        assert (reading.layer, reading.step) == (layer, 0)
        assert reading.value == pytest.approx(float(value))
    assert f"Dense  {stored[3]:.3g}" in "".join(labels(plot))
    assert axes.get_navigate()


def test_nodes_that_are_not_measured_say_why(run):
    plot = drawn(make_plot("network", run, quantity="weight", statistic="std"))
    reading = value_at(plot, "out")
    assert reading.values == (("", "Dense: it has none"),)
    assert "without color: not measured" in plot.layout._note.get_text()
    hidden = drawn(make_plot("network", run, statistic="std", layers=["first"]))
    faces = hidden._artists[0].faces
    assert (faces[:, 3] > 0).tolist() == [True, False, False, False]


def test_a_skip_connection_passes_beside_the_block(run):
    plot = drawn(make_plot("network", run, statistic="std"))
    boxes = outlines(plot)
    order = ["x", "first", "block", "add", "out"]
    tops = [boxes[name].y0 for name in order]
    assert tops == sorted(tops, reverse=True)
    lines = plot._artists[0].edges[0].get_segments()
    assert len(lines) == 5
    place = plot.layout.axes[0].transData.transform
    assert any(place(line)[:, 0].max() > boxes["block"].x1 for line in lines)


@pytest.mark.parametrize("layers", [6, 40, 200])
def test_labels_stay_within_their_nodes(tmp_path, layers):
    names = [f"block_{i // 5}/conv_{i}_projection" for i in range(layers)]
    rows = [{"name": "x", "class": "InputLayer", "inputs": []}]
    rows += [
        {"name": name, "class": "Conv2D", "inputs": [before]}
        for before, name in zip(["x", *names], names, strict=False)
    ]
    graph = {"model": {"layers": rows, "outputs": [names[-1]]}}
    run = write_run(tmp_path, "long", names, graph, scale=0.97)
    plot = make_plot("network", run, statistic="std")
    plot.figure.set_size_inches(9.0, 6.0)
    drawn(plot)
    seen = plot.layout.axes[0].bbox
    boxes = [*outlines(plot).values()]
    assert all(seen.x0 <= box.x0 and box.x1 <= seen.x1 for box in boxes)
    assert all(seen.y0 <= box.y0 and box.y1 <= seen.y1 for box in boxes)
    texts = [one for one in plot.layout.axes[0].texts if one.get_visible()]
    assert len(texts) >= (layers if layers < 200 else 150)
    for text in texts:
        clip = text.get_clip_box()
        assert any(np.allclose(clip.extents, box.extents) for box in boxes)
    lefts = {round(box.x0) for box in boxes}
    assert (len(lefts) > 1) == (layers > 6)
    # Zoomed in, a node has its whole name.
    axes = plot.layout.axes[0]
    one = plot.drawn[0].boxes[3]
    axes.set_xlim(one.box[0] - 0.2, one.box[2] + 0.2)
    axes.set_ylim(one.box[1] - 1, one.box[3] + 1)
    drawn(plot)
    assert any(one.node.name in text for text in labels(plot))


def test_runs_share_colors_and_have_a_panel_each(tmp_path, run):
    other = write_run(tmp_path, "other", scale=0.5)
    plot = drawn(make_plot("network", [run, other], statistic="std"))
    assert [one.get_title(loc="left") for one in plot.layout.axes] == ["net", "other"]
    values = [value_at(plot, "out", panel).value for panel in (0, 1)]
    assert values[0] < values[1]


def test_a_run_without_a_graph_is_a_chain(tmp_path):
    old = write_run(tmp_path, "old", attributes={})
    plot = drawn(make_plot("network", old, statistic="std"))
    assert [one.node.name for one in plot.drawn[0].boxes] == [*ROWS]
    note = plot.layout._note.get_text()
    assert "dotted: order of the layers; connections are not recorded" in note
    assert len(plot._artists[0].edges[1].get_segments()) == 3


def test_new_records_keep_the_view_and_the_graph(run):
    before = network_data(run, "activation", "std", step=0)
    data = network_data(run, "activation", "std", previous=before)
    assert data.placement is before.placement
    assert (before.step, data.step) == (0, 10)
    plot = Network(Figure(figsize=(8, 5)), style=DARK)
    plot.update(before)
    drawn(plot)
    axes = plot.layout.axes[0]
    axes.set_xlim(0.2, 0.8)
    plot.update(data)
    drawn(plot)
    assert axes is plot.layout.axes[0]
    assert axes.get_xlim() == (0.2, 0.8)
    assert "at step 10" in plot.layout._title.get_text()


def test_runs_without_records_have_a_reason(tmp_path, run):
    layers = [Layer("first", "Dense", "relu", 8, 72)]
    with RunWriter(tmp_path / "empty", layers=layers):
        pass
    empty = open_run(tmp_path / "empty.zarr")
    plot = drawn(make_plot("network", empty))
    assert plot.layout._message.get_text() == "No records yet"
    assert not plot.table().columns
    both = drawn(make_plot("network", [empty, run], statistic="std"))
    assert [one.data.run for one in both.drawn] == ["net"]


def test_a_run_without_layers_has_a_reason(tmp_path):
    bias = Layer("first/bias", "Dense", None, 8, 8, role=Role.BIAS)
    with RunWriter(tmp_path / "biases", layers=[bias]) as writer:
        statistics = np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32)
        counts = np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32)
        writer.record(0, Measurement(statistics, counts))
    plot = drawn(make_plot("network", open_run(tmp_path / "biases.zarr")))
    assert "has no layers" in plot.layout._message.get_text()


def test_a_run_in_place_of_another_shows_its_own_names(tmp_path):
    names = ("dense_1", "dense_2"), ("dense_3", "dense_4")
    first, second = (
        network_data(write_run(tmp_path / of[0], "net", of, {}), "activation", "std")
        for of in names
    )
    plot = Network(Figure(figsize=(8, 5)), style=DARK)
    for data, of in zip((first, second), names, strict=True):
        plot.update(data)
        drawn(plot)
        assert [one.node.name for one in plot.drawn[0].boxes] == [*of]
        assert value_at(plot, of[0]).value == data.values[of[0]]
