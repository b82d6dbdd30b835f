"""Histogram maps and ridgelines of several runs."""

import csv
import io
import shutil

import numpy as np
import pytest

from keras_xavier.runs import Run

HISTOGRAMS = 2
MAP, RIDGES = "Histogram map", "Ridgelines"


@pytest.fixture
def live(simulation, tmp_path):
    """The writer of an open run with three layers, beside a finished run with two."""
    folder = tmp_path / "runs"
    simulation.write(str(folder / "other"), records=300, layers=2)
    writer = simulation.write(
        str(folder / "tanh"), records=200, layers=3, every=150, close=False
    )
    yield writer
    writer.close()


@pytest.fixture
def view(make_window, qtbot, live, tmp_path):
    """The histogram map of both runs."""
    window = make_window(tmp_path / "runs")
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    window.tabs.setCurrentIndex(HISTOGRAMS)
    shown = window.plot()
    shown.kind.setCurrentText(MAP)
    wait_for(qtbot, shown)
    return shown


def wait_for(qtbot, view):
    """Waits until the selected figure has been read from both runs."""
    qtbot.waitUntil(lambda: view.has_current_data and len(view.data) == 2)
    view.canvas.draw()


def titles(view):
    panels = [axes for axes in view.canvas.figure.axes if axes.get_navigate()]
    return [axes.get_title(loc="left") for axes in panels]


def texts(view):
    return " ".join(text.get_text() for text in view.canvas.figure.texts)


def test_histogram_maps_of_runs_are_side_by_side(view):
    assert titles(view) == [
        *("other\nhidden_1", "tanh\nhidden_1", "hidden_2", "hidden_2"),
        *("no hidden_3", "hidden_3", "output", "output"),
    ]
    assert "2 runs" in texts(view)
    description = view.canvas.accessibleDescription()
    assert "Activations of other, values at 120 of the steps 0 to 29,900" in description
    assert "Activations of tanh, values at 120 of the steps 0 to 29,850" in description
    assert not view.options["panels"].isEnabled()
    assert "first" not in view.help.partition("map")[2]
    rows = list(csv.DictReader(io.StringIO(view.table().to_csv(), newline="")))
    assert list(rows[0]) == ["run", "layer", "step", "from", "to", "density"]
    layers = {name: set() for name in ("other", "tanh")}
    for row in rows:
        layers[row["run"]].add(row["layer"])
    assert layers["other"] == {"hidden_1", "hidden_2", "output"}
    assert layers["tanh"] == {"hidden_1", "hidden_2", "hidden_3", "output"}


def test_the_records_in_view_of_each_run_are_read(view, qtbot):
    assert [len(one.steps) for one in view.data] == [120, 120]
    view.canvas.figure.axes[-1].set_xlim(1000, 3000)
    view.canvas.draw()
    qtbot.waitUntil(lambda: view.data[0].steps[0] == 1000)
    assert view.data[0].steps.tolist() == [*range(1000, 3001, 100)]
    assert view.data[1].steps.tolist() == [*range(900, 3001, 150)]
    view.reset_view()
    view.canvas.draw()
    qtbot.waitUntil(lambda: view.data[0].steps[0] == 0)
    assert [one.steps[-1] for one in view.data] == [29_900, 29_850]


def test_records_are_read_once(view, qtbot, live, simulation, monkeypatch):
    view.canvas.figure.axes[-1].set_xlim(25_000, 31_000)
    view.canvas.draw()
    qtbot.waitUntil(lambda: view.data[0].steps[0] == 25_000)
    read = []
    histograms = Run.read_histograms

    def counted(run, quantity, records, *, layers):
        read.append((run.name, len(records)))
        return histograms(run, quantity, records, layers=layers)

    monkeypatch.setattr(Run, "read_histograms", counted)
    random = np.random.default_rng(1)
    live.record(30_000, simulation.measure(simulation.layers_of(3), 30_000, random))
    live.flush()
    qtbot.waitUntil(lambda: view.data[1].steps[-1] == 30_000)
    assert read[:2] == [("other", 0), ("tanh", 1)]
    view.canvas.draw()
    assert view.canvas.figure.axes[-1].get_xlim() == (25_000, 31_000)


def test_only_the_layers_that_have_a_panel_are_read(
    make_window, qtbot, simulation, tmp_path
):
    for name, layers in (("deep", 20), ("deeper", 25)):
        simulation.write(str(tmp_path / name), records=3, layers=layers)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.run_list.selectAll()
    window.tabs.setCurrentIndex(HISTOGRAMS)
    view = window.plot()
    view.kind.setCurrentText(MAP)
    wait_for(qtbot, view)
    assert view.data[0].layers == view.data[1].layers
    assert view.data[0].layers == ("hidden_1", "hidden_2", "hidden_3")
    assert "3 of 26 layers" in texts(view)
    hidden = set(view.data[0].layers[1:])
    window.selection.set_hidden(hidden)
    qtbot.waitUntil(lambda: not hidden & set(view.data[0].layers))
    assert view.data[0].layers == view.data[1].layers
    view.kind.setCurrentText(RIDGES)
    wait_for(qtbot, view)
    assert [len(one.layers) for one in view.data] == [4, 4]
    window.selection.set_hidden({layer.name for layer in window.selection.run.layers})
    qtbot.waitUntil(lambda: view.data is None or len(view.data) == 1)


def test_ridgelines_of_runs_are_side_by_side_or_overlaid(view, qtbot):
    view.kind.setCurrentText(RIDGES)
    wait_for(qtbot, view)
    assert view.options["panels"].isEnabled()
    assert titles(view) == [
        *("other\nhidden_1", "hidden_2", "no hidden_3", "output"),
        *("tanh\nhidden_1", "hidden_2", "hidden_3", "output"),
    ]
    assert [len(one.steps) for one in view.data] == [10, 10]
    assert view.canvas.figure.legends == []
    view.options["panels"].setCurrentText("one per layer")
    qtbot.waitUntil(lambda: len(view.data[0].steps) == 20)
    view.canvas.draw()
    assert titles(view) == ["hidden_1", "hidden_2", "hidden_3", "output"]
    (legend,) = view.canvas.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["other", "tanh"]
    assert {one.run: one.index for one in view.data} == {
        run.name: run.color for run in view.selection.runs
    }
    # Histograms of one step share a panel then, and so do ridgelines.
    view.options["panels"].setCurrentText("one")
    view.canvas.draw()
    assert titles(view) == ["hidden_1", "hidden_2", "hidden_3", "output"]
    view.options["panels"].setCurrentText("one per run")
    qtbot.waitUntil(lambda: len(view.data[0].steps) == 10)
    assert len(titles(view)) == 8


def test_one_of_two_runs_looks_as_if_it_were_the_only_run(view, qtbot):
    view.window().run_list.choose(view.selection.run.path)
    qtbot.waitUntil(lambda: len(view.data) == 1)
    view.canvas.draw()
    name = view.selection.run.name
    assert f"·  {name}" in texts(view)
    assert "runs" not in texts(view)
    assert titles(view)[0] == "hidden_1"
    assert next(iter(view.table().columns)) == "layer"
    assert view.plot.follow


@pytest.mark.parametrize("form", [MAP, RIDGES])
def test_unreadable_runs_take_no_room_from_others(
    make_window, qtbot, simulation, tmp_path, form
):
    simulation.write(str(tmp_path / "sound"), records=30, layers=8)
    simulation.write(str(tmp_path / "damaged"), records=3, layers=8)
    alone = make_window(tmp_path / "sound.zarr")
    (drawn_alone, steps_alone) = drawn(alone, qtbot, form)
    alone.close()
    for chunk in (tmp_path / "damaged.zarr" / "histogram").glob("c.*"):
        chunk.write_bytes(b"no chunk")
    both = make_window(tmp_path / "sound.zarr", tmp_path / "damaged.zarr")
    qtbot.waitUntil(lambda: len(both.selection.runs) == 2)
    assert drawn(both, qtbot, form) == (drawn_alone, steps_alone)
    view = both.plot()
    assert view.problems.text() == "Cannot be read: damaged"
    assert view.problems.isVisible()
    # Once repaired, it is shown again.
    shutil.rmtree(tmp_path / "damaged.zarr")
    simulation.write(str(tmp_path / "damaged"), records=3, layers=8)
    both.reload()
    qtbot.waitUntil(lambda: len(view.data) == 2)
    assert not view.problems.isVisible()


def drawn(window, qtbot, form):
    """Returns the layers and steps that are drawn of the only readable run."""
    qtbot.waitUntil(lambda: window.plot() and window.plot().data is not None)
    window.tabs.setCurrentIndex(HISTOGRAMS)
    view = window.plot()
    view.kind.setCurrentText(form)
    qtbot.waitUntil(lambda: view.data is not None and hasattr(view.data[0], "steps"))
    (data,) = view.data
    return list(data.layers), data.steps.tolist()
