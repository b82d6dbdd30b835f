from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb

from keras_xavier import figures
from keras_xavier.figures import DARK, LIGHT, Overview, OverviewData, overview_data
from keras_xavier.statistics import Quantity, Statistic


def make_data(values, *, steps=None, statistic="std", quantity="activation"):
    values = np.asarray(values, np.float32)
    steps = 10 * np.arange(len(values)) if steps is None else np.asarray(steps)
    names = tuple(f"hidden_{i + 1}" for i in range(values.shape[1]))
    return OverviewData(
        Quantity(quantity), Statistic(statistic), names, steps, values, "tanh"
    )


def draw(figure, data, *, style=LIGHT, **options):
    plot = Overview(figure, style=style)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


def color_at(figure, step, row):
    """Color of a pixel, from 0 to 1."""
    axes = figure.axes[-1]
    x, y = axes.transData.transform((step, row))
    pixels = np.asarray(figure.canvas.buffer_rgba())
    return pixels[len(pixels) - 1 - int(y), int(x), :3] / 255


def color_of(plot, value):
    return plot._colorbar.colors.to_rgba(value)[:3]


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def test_each_record_has_its_color_up_to_the_next_record(figure):
    values = [[0.1, 0.9], [0.5, 0.2], [0.3, 0.7]]
    plot = draw(figure, make_data(values, statistic="saturated"))
    for record, row in np.ndindex(3, 2):
        # The last record is just wide enough to be visible.
        for step in (1, 9) if record < 2 else (0.1,):
            step += 10 * record
            expected = color_of(plot, values[record][row])
            np.testing.assert_allclose(color_at(figure, step, row), expected, atol=0.01)


def test_columns_show_the_mean_of_their_records(figure):
    values = np.tile([[0.0], [1.0]], (20_000, 1))
    plot = draw(figure, make_data(values, statistic="saturated"))
    middle = color_at(figure, 200_000, 0)
    np.testing.assert_allclose(middle, color_of(plot, 0.5), atol=0.03)
    assert "each pixel is the mean of up to" in texts(figure)


def test_a_record_of_nan_is_visible_among_many_others(figure):
    values = np.ones((20_000, 2))
    values[10_000, 1] = np.nan
    draw(figure, make_data(values))
    columns = [color_at(figure, step, 1) for step in range(99_600, 100_400, 50)]
    undefined = to_rgb(LIGHT.undefined)
    assert any(np.allclose(one, undefined, atol=0.01) for one in columns)
    assert "NaN or ±Inf first at step 100,000 in hidden_2" in texts(figure)


def test_unknown_saturation_is_gray(figure):
    values = [[0.1, np.nan], [0.2, np.nan]]
    draw(figure, make_data(values, statistic="saturated"))
    np.testing.assert_allclose(color_at(figure, 5, 1), to_rgb(LIGHT.grid), atol=0.01)
    assert "the saturation of hidden_2 is not known" in texts(figure)


def test_the_first_layer_is_on_top(figure):
    draw(figure, make_data(np.ones((3, 4))))
    bottom, top = figure.axes[-1].get_ylim()
    assert (bottom, top) == (3.5, -0.5)
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert labels == ["hidden_1", "hidden_2", "hidden_3", "hidden_4"]


def test_names_of_many_layers_are_evenly_spaced(figure):
    draw(figure, make_data(np.ones((3, 100))))
    ticks = figure.axes[-1].get_yticks()
    assert 10 < len(ticks) < 30
    assert len(set(np.diff(ticks))) == 1


@pytest.mark.parametrize(
    ("values", "logarithmic"), [([[1.0, 1e-6]], True), ([[1.0, 0.5]], False)]
)
def test_values_of_different_magnitude_have_logarithmic_colors(
    figure, values, logarithmic
):
    plot = draw(figure, make_data(values * 3))
    assert isinstance(plot._colorbar.colors.norm, LogNorm) == logarithmic


def test_zeros_have_the_color_of_the_smallest_value(figure):
    values = [[1.0, 1e-6, 0.0]] * 3
    plot = draw(figure, make_data(values))
    low, _ = plot._colorbar.colors.get_clim()
    np.testing.assert_allclose(color_at(figure, 5, 2), color_of(plot, low), atol=0.01)


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_means_have_diverging_colors(figure, style):
    values = [[-0.5, 0.0, 0.5]] * 3
    plot = draw(figure, make_data(values, statistic="mean"), style=style)
    assert plot._colorbar.colors.get_clim() == pytest.approx((-0.5, 0.5))
    colors = [color_at(figure, 5, row) for row in range(3)]
    assert np.abs(colors[0] - colors[2]).max() > 0.3


def test_one_outlier_does_not_change_the_colors_of_the_others(figure):
    values = np.ones((1000, 2))
    values[500, 0] = 1e3
    data = make_data(values)
    assert draw(figure, data)._colorbar.colors.get_clim()[1] == pytest.approx(1)
    assert "color scale clips 0.1% of values" in texts(figure)
    full = draw(figure, data, full_range=True)
    assert full._colorbar.colors.get_clim()[1] == pytest.approx(1e3)


def test_steps_can_be_logarithmic(figure):
    values = [[0.0], [0.3], [0.6], [0.9]]
    data = make_data(values, steps=[0, 1, 10, 1000], statistic="saturated")
    plot = draw(figure, data, log_steps=True)
    for step, value in ((0.5, 0.0), (5, 0.3), (500, 0.6), (1020, 0.9)):
        found = color_at(figure, step, 0)
        np.testing.assert_allclose(found, color_of(plot, value), atol=0.02)


@pytest.mark.parametrize("log_steps", [False, True])
@pytest.mark.parametrize("records", [2, 9, 500])
def test_nothing_is_drawn_beyond_the_end_of_training(figure, records, log_steps):
    data = make_data(np.ones((records, 2)), steps=np.linspace(0, 800, records))
    draw(figure, data, log_steps=log_steps)
    axes = figure.axes[-1]
    _, right = axes.get_xlim()
    to_axes = axes.transData.transform
    wide = to_axes((right, 0))[0] - to_axes((800, 0))[0]
    assert 0 < wide <= 0.011 * axes.bbox.width
    # The image ends there.
    assert (axes.images[0].get_array()[..., 3][0, -1:] == 255).all()


def test_a_single_record_is_visible(figure):
    draw(figure, make_data([[0.5, 0.7]], steps=[100]))
    assert (figure.axes[-1].images[0].get_array()[..., 3][0] == 255).any()


def test_a_single_record_is_visible_beside_a_long_run(figure):
    long = make_data(np.ones((100, 2)))
    draw(figure, [long, replace(make_data([[0.5, 0.7]]), run="short")])
    painted = (figure.axes[-1].images[0].get_array()[..., 3][0] == 255).sum()
    assert 1 <= painted <= 0.02 * figure.axes[-1].bbox.width + 1


@pytest.mark.parametrize(
    ("values", "statistic", "label"),
    [
        ([[1.0, 1e-6]] * 3, "std", "standard deviation (log)"),
        ([[1.0, 0.5]] * 3, "std", "standard deviation"),
        ([[0.1, 0.5]] * 3, "saturated", "share of saturated values"),
    ],
)
def test_the_color_bar_names_its_scale(figure, values, statistic, label):
    draw(figure, make_data(values, statistic=statistic))
    bar = figure.axes[0]
    assert bar.get_ylabel() == label
    ticks = [tick.get_text() for tick in bar.get_yticklabels()]
    assert any(text.startswith("10⁻") for text in ticks) == ("log" in label)


def test_the_zoom_stays_while_records_arrive(figure):
    plot = draw(figure, make_data(np.ones((10, 3))))
    axes = figure.axes[-1]
    axes.set_xlim(20, 40)
    axes.set_ylim(1.5, -0.5)
    plot.update(make_data(np.ones((20, 3))))
    figure.canvas.draw()
    assert axes.get_xlim() == (20, 40)
    assert axes.get_ylim() == (1.5, -0.5)
    plot.reset_view()
    assert axes.get_xlim()[1] > 190


@pytest.mark.parametrize(
    ("data", "visible", "reason"),
    [
        (make_data(np.ones((0, 3))), None, "No records yet"),
        (make_data(np.ones((2, 3))), [], "No layers selected"),
    ],
)
def test_an_empty_figure_gives_the_reason(figure, data, visible, reason):
    draw(figure, data, visible=visible)
    assert reason in texts(figure)


def test_an_export_looks_the_same_in_light_colors(figure):
    plot = draw(figure, make_data([[0.1, 0.9]] * 3), style=DARK)
    figure.axes[-1].set_xlim(5, 15)
    exported = plot.export()
    exported.canvas.draw()
    assert exported.axes[-1].get_xlim() == (5, 15)
    assert exported.get_facecolor()[:3] == to_rgb(LIGHT.background)


def test_only_new_records_are_read(record):
    run = record((0, 1, 2))
    data = overview_data(run, "activation", "std")
    assert data.layers == ("flatten", "hidden_1", "output")
    np.testing.assert_array_equal(data.values, run.read_statistics("activation", "std"))
    longer = record((0, 1, 2, 4))
    again = overview_data(longer, "activation", "std", previous=data)
    expected = overview_data(longer, "activation", "std")
    np.testing.assert_array_equal(again.values, expected.values)
    other = overview_data(longer, "activation", "mean", previous=data)
    expected = longer.read_statistics("activation", "mean")
    np.testing.assert_array_equal(other.values, expected)


def test_the_function_draws_a_run(record):
    run = record()
    figure = figures.overview(run, "weight_gradient", "std", layers=["output"])
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert labels == ["output"]
    assert "standard deviation of the weight gradient ∂C/∂W" in texts(figure)
    with pytest.raises(ValueError, match="no such layer: first"):
        figures.overview(run, layers=["first"])


def test_several_runs_have_panels_with_the_same_rows_and_colors(figure):
    small = replace(make_data([[0.1], [0.2]]), run="small")
    large = replace(make_data([[10.0, 20.0]] * 3), run="large")
    plot = draw(figure, [small, large])
    left, right = (line.axes for line in plot.cursors)
    assert [one.get_title(loc="left") for one in (left, right)] == ["small", "large"]
    assert left.get_position().x1 < right.get_position().x0
    assert left.get_ylim() == right.get_ylim() == (1.5, -0.5)
    assert left.get_xlim() == right.get_xlim() == pytest.approx((0, 20), abs=1)
    # Layers that a run lacks are left empty and do not count as NaN.
    pixels = left.images[0].get_array()
    missing = pixels[: len(pixels) // 2]
    assert (missing[..., 3] == 0).all()
    assert "NaN" not in texts(figure)
    for axes, value in ((left, 0.1), (right, 10.0)):
        shown = axes.images[0].get_array()[-1, 0, :3] / 255
        np.testing.assert_allclose(shown, color_of(plot, value), atol=0.01)
    table = plot.table()
    assert table.columns["run"].tolist() == ["small"] * 2 + ["large"] * 3
    assert np.isnan(table.columns["hidden_2"][:2]).all()


def test_the_zoom_stays_when_a_run_is_added(figure):
    first = make_data([[0.1]] * 10)
    plot = draw(figure, first)
    plot.cursors[0].axes.set_xlim(10, 30)
    plot.update([first, replace(make_data([[0.3]] * 20), run="other")])
    assert [line.axes.get_xlim() for line in plot.cursors] == [(10, 30)] * 2


def test_the_step_is_marked_in_a_color_outside_the_color_map(figure):
    plot = Overview(figure)
    plot.update(make_data([[1.0, 2.0], [3.0, 4.0]]))
    (cursor,) = plot.cursors
    assert cursor.get_color() == plot.style.mark


def test_pages_show_all_runs_with_the_same_rows_and_colors(figure):
    data = [
        replace(make_data(np.full((3, 2), 1.0 + i)), run=f"run_{i}") for i in range(30)
    ]
    plot = draw(figure, data)
    assert "10 of 30 runs" in texts(figure)
    norm = plot._colorbar.colors.get_clim()
    found = []
    for page in range(plot.pages):
        plot.update(data, page=page)
        figure.canvas.draw()
        found += [axes.get_title(loc="left") for axes in figure.axes if axes.images]
        assert plot._colorbar.colors.get_clim() == norm
    assert found == [one.run for one in data]


def test_unrelated_networks_have_their_own_rows(figure):
    each = [("conv", "dense"), ("query", "key", "value", "out"), ("lstm",)]
    runs = [
        replace(make_data(np.full((3, len(names)), 0.5)), layers=names, run=f"run {i}")
        for i, names in enumerate(each)
    ]
    plot = draw(figure, runs, log_steps=False)
    shown = [
        [label.get_text() for label in axes.get_yticklabels() if label.get_visible()]
        for axes in plot.layout.axes
    ]
    assert shown == [list(names) for names in each]
    # Each panel is filled from top to bottom.
    heights = [axes.get_ylim() for axes in plot.layout.axes]
    assert heights == [(len(names) - 0.5, -0.5) for names in each]
    assert len({axes.get_xlim() for axes in plot.layout.axes}) == 1
    table = plot.table().columns
    assert [*table] == ["run", "step", *plot.layers]
    of_last = table["run"] == "run 2"
    assert np.isfinite(table["lstm"]).tolist() == of_last.tolist()
    # Hidden layers do not take room, and runs with the same layers share rows.
    plot.update(runs, visible=["conv", "value"])
    assert plot.layout.axes[1].get_ylim() == (0.5, -0.5)
    plot.update([runs[0], replace(runs[0], run="again")])
    assert plot.layout.axes[0].get_shared_y_axes().joined(*plot.layout.axes)
