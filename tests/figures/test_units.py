"""Figures of single units: over the steps, at one step, and in the layer card."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from keras_xavier import figures
from keras_xavier.figures import LIGHT, UnitMap, UnitsAtStep
from keras_xavier.figures.functions import make_plot
from keras_xavier.figures.units import is_dead, is_saturated, sort_units
from keras_xavier.statistics import UNIT_STATISTICS


@pytest.fixture
def run(record_units):
    return record_units()


def drawn(name, runs, **options):
    plot = make_plot(name, runs, **options)
    plot.figure.draw_without_rendering()
    return plot


def texts(plot):
    return " | ".join(text.get_text() for text in plot.figure.texts)


def titles(plot):
    return [axes.get_title(loc="left") for axes in plot.layout.axes]


def pixels(plot, panel=0):
    """Colors of the units, in their order on the map, of shape (row, column, 4)."""
    (image,) = plot.layout.axes[panel].images
    shown = np.asarray(image.get_array())
    # The first row of the image is the lowest.
    return shown[::-1]


def test_units_are_sorted_by_the_step_at_which_they_saturate_or_die(run):
    values = run.read_units(1)
    # The dead unit, the unit that saturates first, the next one, then the last mean.
    assert sort_units(values).tolist() == [3, 1, 2, 0]
    np.testing.assert_array_equal(is_dead(values[-1]), [False, False, False, True])
    np.testing.assert_array_equal(is_saturated(values[-1]), [False, True, True, False])


def test_the_map_shows_each_side_and_dead_units_in_their_own_colors(run):
    plot = drawn("unit-map", run, layers=["dense"])
    assert isinstance(plot, UnitMap)
    assert titles(plot) == ["dense, 4 units"]
    assert "mean at 3 steps from 0 to 20" in texts(plot)
    # From bound to bound, so that saturation on either side is visible.
    assert plot._colorbar.colors.get_clim() == (-1.0, 1.0)
    shown = pixels(plot)
    height, width, _ = shown.shape
    last = shown[:, int(0.9 * width)]
    dead, high, low, usual = (last[int((i + 0.5) / 4 * height)] for i in range(4))
    np.testing.assert_array_equal(dead, np.array(to_rgba(LIGHT.muted)) * 255 // 1)
    assert int(high[2]) > int(high[1])  # violet
    assert int(low[0]) > int(low[2])  # orange
    assert min(usual[:3]) > 200
    assert "at the last step 2 saturated and 1 dead" in texts(plot)
    assert "gray: all values 0" in texts(plot)


def test_layers_with_other_bounds_are_colored_relative_to_their_range(run):
    plot = drawn("unit-map", run)
    assert titles(plot) == ["dense, 4 units", "wide, 256 of 300 units"]
    assert plot._colorbar.colors.get_clim() == (-1.0, 1.0)
    assert "relative to the range of its layer" in plot._colorbar.axes.get_ylabel()
    top = drawn("unit-map", run, layers=["wide"])._colorbar.colors.get_clim()
    assert top[1] == -top[0] > 200
    every = drawn("unit-map", run, layers=["wide"], full_range=True)
    assert every._colorbar.colors.get_clim() == (-255.0, 255.0)


@pytest.mark.parametrize("statistic", UNIT_STATISTICS)
def test_the_map_shows_any_statistic_of_units(run, statistic):
    plot = drawn("unit-map", run, statistic=statistic, with_output=True)
    assert titles(plot)[-1] == "output, 3 units"
    if statistic.is_share:
        assert plot._colorbar.colors.get_clim() == (0.0, 1.0)
    columns = plot.table().columns
    rows = (columns["layer"] == "dense") & (columns["step"] == 20)
    assert columns["unit"][rows].tolist() == [3, 1, 2, 0]
    saturated = columns["saturated"][rows].tolist()
    assert saturated == [0, 1, 1, 0]


def test_a_cell_is_drawn_from_its_step_to_the_next_recorded_step(record_units):
    run = record_units("gaps", (0, 10, 100))
    plot = drawn("unit-map", run, layers=["dense"])
    axes, shown = plot.layout.axes[0], pixels(plot)
    second = shown[int(0.4 * len(shown))]

    def column(step):
        left, right = axes.get_xlim()
        return second[int((step - left) / (right - left) * len(second))]

    np.testing.assert_array_equal(column(12), column(98))
    assert not np.array_equal(column(8), column(12))
    assert axes.get_xlim()[1] < 105
    assert "units in 3 of 3 records" in texts(plot)


def test_the_map_follows_a_run_in_place(record_units):
    plot = drawn("unit-map", record_units("tanh", (0, 10)), layers=["dense"])
    (image,) = plot.layout.axes[0].images
    longer = record_units("tanh", (0, 10, 20))
    options = plot.definition().parse_options({"layers": ["dense"]})
    plot.update(UnitMap.read([(0, longer)], figures.plot.Options(**options)))
    plot.figure.draw_without_rendering()
    assert list(plot.layout.axes[0].images) == [image]
    assert plot.layout.axes[0].get_xlim()[1] > 20


def test_units_at_a_step_are_sorted_marked_and_counted(run):
    plot = drawn("units-at-step", run, layers=["dense"], step=20)
    assert isinstance(plot, UnitsAtStep)
    (axes,) = plot.layout.axes
    by_marker = {line.get_marker(): line for line in axes.lines}
    np.testing.assert_allclose(by_marker["o"].get_ydata(), [-1, 0, 0.1, 1])
    np.testing.assert_allclose(by_marker["s"].get_xdata(), [0, 3])
    np.testing.assert_allclose(by_marker["x"].get_xdata(), [1])
    assert [text.get_text() for text in axes.texts] == ["2 saturated, 1 dead"]
    bounds = {tuple(line.get_ydata()) for line in axes.lines if len(line.get_ydata())}
    assert {(-1, -1), (1, 1), (0.0, 0.0)} <= bounds
    low, high = axes.get_ylim()
    assert low < -1
    assert high > 1
    assert plot.table().columns["unit"].tolist() == [2, 3, 0, 1]
    assert "Units at step 20" in texts(plot)


def test_features_of_an_input_keep_their_order(run):
    plot = drawn("units-at-step", run, layers=["input:*"])
    (axes,) = plot.layout.axes
    assert titles(plot) == ["input:x, 6 features"]
    assert axes.get_xlabel() == "feature"
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert dots.get_ydata().tolist() == [5, 4, 3, 2, 1, 0]
    assert plot.table().columns["unit"].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_nearest_record_with_units_is_shown_and_named(record_units):
    # After the first records, units are recorded rarely.
    run = record_units("long", range(1000, 1030))
    assert run.unit_steps[-1] == 1015
    plot = drawn("units-at-step", run, layers=["dense"], step=1025)
    assert "Units at step 1,015" in texts(plot)
    assert "nearest to step 1,025" in texts(plot)
    with pytest.raises(ValueError, match="Step 5 was not recorded"):
        figures.units_at_step(run, step=5)


def test_several_runs_are_columns(run, record_units):
    other = record_units("other")
    for name in ("unit-map", "units-at-step"):
        plot = drawn(name, [run, other])
        assert plot.layout.columns == 2
        assert titles(plot)[:2] == ["tanh\ndense", "other\ndense"]
        assert "4 units, 256 of 300 units in a panel" in texts(plot)


def test_runs_without_units_show_the_reason(record_units):
    run = record_units("old", with_units=False)
    for name in ("unit-map", "units-at-step"):
        assert "This run has no statistics of units" in texts(drawn(name, run))
    assert not any("Units" in one for one in titles(drawn("layer-card", run)))


def test_a_layer_card_shows_the_units(run):
    plot = drawn("layer-card", run, layer="dense", step=10)
    at_step, over_steps = plot.layout.axes[3], plot.layout.axes[7]
    assert titles(plot)[3::4] == [
        "Units: mean ± std of z, 4 units",
        "Units over training",
    ]
    dots = next(line for line in at_step.lines if line.get_marker() == "o")
    np.testing.assert_allclose(dots.get_ydata(), [-0.1, 0, 0.1, 0.9], atol=1e-6)
    assert plot.has_steps(over_steps)
    assert not plot.has_steps(at_step)
    assert pixels(plot, -1).shape[0] > 20
    assert "mean from −1 (orange) to 1 (violet)" in texts(plot)
    bias = drawn("layer-card", run, layer="dense/bias")
    assert not any("Units" in one for one in titles(bias))
