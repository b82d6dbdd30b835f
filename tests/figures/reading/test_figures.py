"""The values that are read in each figure are those of its data."""

from dataclasses import replace

import numpy as np
import pytest

from keras_xavier.figure_spec import FIGURES, Band
from keras_xavier.figures import PLOTS
from keras_xavier.figures.plot import Options
from keras_xavier.figures.reading import (
    Cells,
    Spot,
    find_nearest,
    layer_of,
    place_of,
    read,
    readable,
    run_names,
)
from keras_xavier.statistics import Statistic


@pytest.fixture
def draw(figure):
    """Reads and draws a run, and returns the plot and what can be read in it."""

    def make(name, *runs, **given):
        definition = FIGURES[name]
        values = {one.name: one.default for one in definition.options}
        values |= {"layers": None, "step": None} | PLOTS[name].fixed | given
        options = Options(**values)
        data = PLOTS[name].read(list(enumerate(runs)), options)
        plot = PLOTS[name](figure)
        drawing = {one.name for one in definition.drawing_options}
        chosen = {key: value for key, value in given.items() if key in drawing}
        plot.update(data, **chosen)
        figure.canvas.draw()
        return plot, readable(plot)

    return make


def each_spot(groups, most=40):
    for i, group in enumerate(groups):
        lines, points = group.shape
        for line in range(min(lines, most)):
            for point in range(min(points, most)):
                yield Spot(i, line, point)


def readings(groups):
    found = [(spot, read(groups, spot)) for spot in each_spot(groups)]
    return [(spot, one) for spot, one in found if one is not None]


def rows_of(plot, **wanted):
    """The rows of the plot's table with these values."""
    columns = plot.table().columns
    chosen = np.ones(len(plot.table()), bool)
    for name, value in wanted.items():
        chosen &= columns[name] == value
    return {name: values[chosen] for name, values in columns.items()}


@pytest.mark.parametrize(
    ("name", "given", "column"),
    [
        ("layer-curves", {}, "mean"),
        ("layer-curves", {"band": Band.PERCENTILES, "smoothing": 20.0}, "p50"),
        ("layer-curves", {"band": Band.COSINE}, "cosine"),
        ("saturation", {}, "saturated"),
        ("update-ratio", {}, "update_to_weight_ratio"),
    ],
)
def test_curves_give_run_layer_step_and_value(draw, record_units, name, given, column):
    plot, groups = draw(name, record_units("tanh"), record_units("other"), **given)
    found = readings(groups)
    assert {one.run for _, one in found} == {"tanh", "other"}
    assert run_names(plot) == ["tanh", "other"]
    for spot, one in found:
        (value,) = rows_of(plot, run=one.run, layer=one.layer, step=one.step)[column]
        assert value == pytest.approx(one.value, nan_ok=True)
        assert layer_of(groups[spot.group], spot.line) == one.layer
        assert run_names(plot)[groups[spot.group].run] == one.run
    assert ("smoothed" in dict(one.values)) == ("smoothing" in given)


def test_training_curves_give_the_metric(draw, record):
    plot, groups = draw("training-curves", record())
    found = [one for _, one in readings(groups)]
    assert {one.title for one in found} == {"loss", "val error"}
    for one in found:
        metric = one.title.replace(" ", "_")
        (value,) = rows_of(plot, metric=metric, step=one.step)["value"]
        assert value == one.value
    assert dict(found[-1].values) == {"error": "50%"}


def test_the_profile_gives_the_value_of_each_layer(draw, record_units):
    plot, groups = draw("depth-profile", record_units(), theory=False)
    found = [one for _, one in readings(groups)]
    assert [one.layer for one in found] == ["dense", "wide"] * 2
    assert [groups[0].point_layers, groups[0].shape] == [["dense", "wide"], (1, 2)]
    for one in found[:2]:
        assert rows_of(plot, layer=one.layer)["unit_std_activation"] == one.value


def test_measured_values_are_compared_with_theory(layer_curves, figure):
    plot = PLOTS["layer-curves"](figure)
    predicted = {Statistic.STD: np.array([0.5, np.nan])}
    data = replace(layer_curves(records=5, layers=2), predicted=predicted)
    plot.update(data)
    groups = readable(plot)
    first = dict(read(groups, Spot(0, 0, 1)).values)
    assert first["theory"] == "0.5"
    ratio = float(first["measured / theory"])
    assert ratio == pytest.approx(data.std[1, 0] / 0.5, rel=0.01)
    assert "theory" not in dict(read(groups, Spot(0, 1, 1)).values)


@pytest.mark.parametrize("name", ["histograms", "ridgelines", "layer-card"])
def test_the_shares_of_an_outline_are_those_of_its_values(draw, record, name):
    _, groups = draw(name, record(), full_range=True)
    outlines = [group for group in groups if not isinstance(group, Cells)]
    assert len(outlines) > 2
    for group in outlines:
        shares = [group.read(0, point).value for point in range(group.shape[1])]
        assert sum(shares) == pytest.approx(1, abs=0.01)
        assert group.read(0, 0).step in (0, 1, 2, 4, 8)


def test_the_histogram_map_gives_the_share_in_a_cell(draw, record):
    _, groups = draw("histogram-map", record(), full_range=True)
    for group in groups:
        rows, columns = group.shape
        assert columns == 5
        shares = [group.read(row, 2).value for row in range(rows)]
        assert sum(shares) == pytest.approx(1, abs=0.01)
    values = dict(groups[0].read(0, 0).values)
    assert list(values) == ["interval", "share", "median", "2nd to 98th percentile"]


def test_the_overview_gives_the_value_of_a_cell(draw, record_units):
    plot, groups = draw("overview", record_units("tanh"), record_units("other"))
    assert {group.run for group in groups} == {0, 1}
    for _, one in readings(groups):
        (value,) = rows_of(plot, run=one.run, step=one.step)[one.layer]
        assert value == one.value
    assert groups[0].has_row_for_each_layer


@pytest.mark.parametrize("name", ["unit-map", "units-at-step"])
def test_units_give_their_statistics(draw, record_units, name):
    plot, groups = draw(name, record_units())
    found = [one for _, one in readings(groups)]
    assert {one.layer for one in found} == {"dense", "wide"}
    for one in found[:12]:
        unit = int(one.title.rpartition(" ")[2])
        row = rows_of(plot, layer=one.layer, step=one.step, unit=unit)
        assert row["mean"] == one.value


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "step-quality"])
def test_what_is_drawn_at_a_place_is_read_there(draw, record_units, record, name):
    run = record() if name in ("training-curves", "layer-card") else record_units()
    _, groups = draw(name, run)
    assert groups
    for spot in each_spot(groups, most=6):
        x, y = place_of(groups, spot)
        axes = groups[spot.group].axes
        if not axes.bbox.contains(x, y) or read(groups, spot) is None:
            continue
        found = find_nearest(groups, axes, x, y)
        # Other points may be at the same place.
        assert np.hypot(*np.subtract(place_of(groups, found), (x, y))) < 0.5


@pytest.mark.parametrize("name", ["overview", "layer-curves", "histograms"])
def test_the_runs_of_a_further_page_are_read(draw, record_units, name):
    runs = [record_units(f"run_{i:02}") for i in range(15)]
    plot, _ = draw(name, *runs)
    data = plot._given["data"]
    plot.update(data, page=1)
    plot.figure.canvas.draw()
    groups = readable(plot)
    titles = [axes.get_title(loc="left") for axes in plot.layout.axes]
    assert titles[-1] == "run_14"
    for group in groups:
        place = plot.layout.axes.index(group.axes)
        assert run_names(plot)[group.run] == titles[place]
        assert group.read(0, 0).run == titles[place]
