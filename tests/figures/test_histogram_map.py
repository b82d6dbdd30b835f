from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from keras_xavier.figures import (
    DARK,
    LIGHT,
    HistogramMap,
    Live,
    histograms_over_time_data,
)


def moving(step, layer):
    """Values around a center that moves from 0 to 0.9."""
    random = np.random.default_rng(step)
    return random.normal(step / 100, 0.05, 2000)


def spread(step, layer):
    """Values around 0, with the same distribution everywhere."""
    return np.random.default_rng(step + layer).normal(0, 1, 1000)


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def panels(figure):
    """The axes of the panels, without the color bar."""
    return [axes for axes in figure.axes if axes.images]


def titles(figure):
    return [axes.get_title(loc="left") for axes in panels(figure)]


def drawn(figure, data, **options):
    plot = HistogramMap(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


def densities(plot, layer="hidden_1"):
    """Densities, and edges of the intervals with values, of each step."""
    columns = plot.table().columns
    mine = columns["layer"] == layer
    return {
        step: tuple(
            columns[name][mine & (columns["step"] == step)]
            for name in ("density", "from", "to")
        )
        for step in np.unique(columns["step"][mine])
    }


def brightest(axes, step):
    """Value at which the color beside a step is brightest."""
    pixels = axes.images[0].get_array().astype(float)
    height, width = pixels.shape[:2]
    left, right = axes.get_xlim()
    column = pixels[:, int((step - left) / (right - left) * width)]
    # The brightness of viridis increases with the value; transparent pixels have none.
    brightness = column[:, :3].sum(axis=1) * (column[:, 3] > 0)
    rows = np.flatnonzero(brightness == brightness.max())
    low, high = axes.get_ylim()
    return low + (high - low) * (rows.mean() + 0.5) / height


def test_the_color_is_brightest_where_most_values_are(figure, counted_over_time):
    drawn(figure, counted_over_time(moving), scale="linear")
    (axes,) = panels(figure)
    for step in (0, 30, 60, 90):
        assert brightest(axes, step + 0.5) == pytest.approx(step / 100, abs=0.06)


def test_shares_per_unit_add_up_to_all_values_in_view(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(moving), scale="linear", full_range=True)
    found = densities(plot)
    assert list(found) == list(range(0, 100, 10))
    for density, low, high in found.values():
        assert (density * (high - low)).sum() == pytest.approx(1)


def test_shares_in_part_of_the_view(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(moving), scale="linear")
    panels(figure)[0].set_ylim(0.2, 0.3)
    for step, (density, low, high) in densities(plot).items():
        values = moving(step, 0)
        inside = low >= 0.2, high <= 0.3
        kept = inside[0] & inside[1]
        seen = np.mean((values > low[kept].min()) & (values < high[kept].max()))
        assert (density * (high - low))[kept].sum() == pytest.approx(seen, abs=0.002)


def test_shares_per_decade_add_up(figure, counted_over_time):
    def values(step, layer):
        return 10 ** np.random.default_rng(step).uniform(-6, -2, 3000)

    plot = drawn(figure, counted_over_time(values), scale="symlog", full_range=True)
    assert panels(figure)[0].get_yscale() == "symlog"
    for density, low, high in densities(plot).values():
        # Closer to 0, the axis is linear.
        beyond = low > 1e-4
        decades = np.log10(high[beyond] / low[beyond])
        assert density[beyond] == pytest.approx(0.25, rel=0.4)
        assert (density[beyond] * decades).sum() == pytest.approx(0.5, abs=0.06)


def test_percentiles_are_drawn_over_the_colors(figure, counted_over_time):
    data = counted_over_time(spread)
    drawn(figure, data)
    (axes,) = panels(figure)
    assert len(axes.lines) == 3
    for i, line in enumerate(axes.lines):
        np.testing.assert_array_equal(line.get_ydata()[:-1], data.percentiles[:, 0, i])
        np.testing.assert_array_equal(line.get_xdata()[:-1], data.steps)
    assert "2nd, 50th and 98th percentile" in texts(figure)


def test_a_histogram_is_drawn_up_to_the_next_step(figure, counted_over_time):
    data = counted_over_time(moving, steps=[0, 10, 80])
    drawn(figure, data, scale="linear")
    (axes,) = panels(figure)
    assert brightest(axes, 75) == pytest.approx(0.1, abs=0.06)
    assert brightest(axes, 80.4) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("log_steps", [False, True])
def test_nothing_is_drawn_beyond_the_last_step(figure, counted_over_time, log_steps):
    # As with the default schedule, the last records are far apart.
    runs = [
        counted_over_time(moving, steps=[0, 1, 2, 4, 8, 16, 32, 64, 164, last])
        for last in (210, 264)
    ]
    drawn(figure, runs, log_steps=log_steps)
    for axes, last in zip(panels(figure), (210, 264), strict=True):
        pixels = axes.images[0].get_array()
        painted = np.flatnonzero(pixels[..., 3].any(axis=0))
        transform = axes.xaxis.get_transform()
        left, right = transform.transform(np.array(axes.get_xlim()))
        end = left + (right - left) * (painted[-1] + 1) / pixels.shape[1]
        last = transform.transform(np.array([last]))[0]
        # The last record is just wide enough to be visible.
        assert 0.003 < (end - last) / (right - left) < 0.02
        ends = transform.transform(np.asarray(axes.lines[0].get_xdata()[-1:]))[0]
        assert ends == pytest.approx(end, abs=0.01 * (right - left))


def test_title_labels_and_color_bar(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread), scale="linear")
    assert "Weight gradients over training  ·  tanh" in texts(figure)
    (axes,) = panels(figure)
    assert axes.get_ylabel() == "weight gradient ∂C/∂W"
    assert axes.get_xlabel() == "step (updates of the weights)"
    (bar,) = [axes for axes in figure.axes if not axes.images]
    assert bar.get_ylabel() == "share of values per unit (log)"
    plot.update(counted_over_time(spread), scale="symlog")
    figure.canvas.draw()
    assert bar.get_ylabel() == "share of values per decade (log)"


def test_the_color_bar_is_beside_the_panels_at_every_size(figure, counted_over_time):
    drawn(figure, counted_over_time(spread, layers=4))
    (bar,) = [axes for axes in figure.axes if not axes.images]
    for size in [(5, 3), (8, 4.5), (16, 9)]:
        figure.set_size_inches(size)
        figure.canvas.draw()
        box = bar.get_tightbbox()
        assert box.x1 <= figure.bbox.width
        assert all(axes.bbox.x1 < bar.bbox.x0 for axes in panels(figure))


def test_remarks_name_values_without_a_color(figure, counted_over_time):
    def values(step, layer):
        found = spread(step, layer)
        found[:250] = 0
        found[250:253] = np.nan, np.inf, -np.inf
        return found

    drawn(figure, counted_over_time(values))
    assert "exactly 0: 25.0% of hidden_1" in texts(figure)
    assert "NaN or ±Inf: 30 values" in texts(figure)


def test_all_layers_have_the_same_axes(figure, counted_over_time):
    drawn(figure, counted_over_time(spread, layers=4))
    assert titles(figure) == [f"hidden_{i}" for i in (1, 2, 3, 4)]
    views = {(axes.get_xlim(), axes.get_ylim()) for axes in panels(figure)}
    assert len(views) == 1
    panels(figure)[2].set_xlim(20, 40)
    figure.canvas.draw()
    assert {axes.get_xlim() for axes in panels(figure)} == {(20, 40)}


def test_the_title_counts_the_layers_that_were_read(figure, counted_over_time):
    data = counted_over_time(spread, layers=3, steps=range(3))
    drawn(figure, replace(data, all_layers=tuple(map(str, range(11)))))
    assert titles(figure) == ["hidden_1", "hidden_2", "hidden_3"]
    assert "over training  ·  tanh, 3 of 11 layers" in texts(figure)


def test_selected_layers(figure, counted_over_time):
    plot = drawn(
        figure, counted_over_time(spread, layers=9), visible=["hidden_8", "hidden_2"]
    )
    assert titles(figure) == ["hidden_2", "hidden_8"]
    assert "2 of 9 layers" in texts(figure)
    assert set(plot.table().columns["layer"]) == {"hidden_2", "hidden_8"}


def test_remarks_count_unread_records(figure, counted_over_time):
    drawn(figure, counted_over_time(spread, records=1200))
    assert "10 of 1,200 records in view" in texts(figure)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"layers": 0}, "No layer of this run has the quantity weight_gradient"),
        ({"steps": []}, "No records yet"),
    ],
)
def test_nothing_to_draw(figure, counted_over_time, options, expected):
    plot = drawn(figure, counted_over_time(spread, **options))
    assert expected in texts(figure)
    assert len(plot.table()) == 0


def test_no_layer_is_selected(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread), visible=[])
    assert "No layers selected" in texts(figure)
    assert len(plot.table()) == 0


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_only_nan(figure, counted_over_time):
    data = counted_over_time(spread)
    counts = np.zeros_like(data.counts)
    counts[..., -1] = 5
    nothing = np.full_like(data.percentiles, np.nan)
    drawn(figure, replace(data, counts=counts, percentiles=nothing))
    assert "No finite values" in texts(figure)
    assert np.isfinite(panels(figure)[0].get_ylim()).all()


def test_a_single_record_is_visible(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(moving, steps=[0]), scale="linear")
    (axes,) = panels(figure)
    assert brightest(axes, 0.5) == pytest.approx(0, abs=0.05)
    assert len(plot.table()) > 3


def test_new_steps_are_followed_until_the_user_zooms(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread))
    plot.update(counted_over_time(spread, steps=range(0, 200, 10)))
    (axes,) = panels(figure)
    assert plot.follow
    assert 190 < axes.get_xlim()[1] < 195
    axes.set_xlim(50, 70)
    axes.set_ylim(-0.5, 0.5)
    assert plot.live is Live.HOLD
    plot.update(counted_over_time(spread, steps=range(0, 300, 10)))
    assert (axes.get_xlim(), axes.get_ylim()) == ((50, 70), (-0.5, 0.5))
    plot.update(counted_over_time(spread, steps=range(0, 300, 10), quantity="weight"))
    assert plot.follow


def test_the_zoom_survives_a_hidden_layer(figure, counted_over_time):
    data = counted_over_time(spread, layers=3)
    plot = drawn(figure, data)
    panels(figure)[0].set_xlim(50, 70)
    plot.update(data, visible=["hidden_3"])
    figure.canvas.draw()
    assert panels(figure)[0].get_xlim() == (50, 70)
    assert titles(figure) == ["hidden_3"]
    assert plot.live is Live.HOLD
    plot.reset_view()
    plot.update(data, visible=["hidden_1"])
    assert plot.follow


def test_the_view_includes_steps_that_were_not_read(figure, counted_over_time):
    part = replace(counted_over_time(spread, steps=range(50, 80, 10)), ends=(0, 500))
    plot = drawn(figure, part)
    (axes,) = panels(figure)
    assert axes.get_xlim()[0] <= 0
    assert axes.get_xlim()[1] >= 500
    axes.set_xlim(50, 70)
    plot.set_live(Live.FOLLOW)
    plot.update(replace(part, ends=(0, 900)))
    left, right = axes.get_xlim()
    assert right - left == pytest.approx(20)
    assert 900 <= right < 1000


def test_zooming_in_shows_finer_intervals(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(moving), scale="linear")
    _, low, high = densities(plot)[0]
    before = np.diff([low, high], axis=0).min()
    panels(figure)[0].set_ylim(0.02, 0.03)
    _, low, high = densities(plot)[0]
    seen = (low > 0.02) & (high < 0.03)
    assert (high - low)[seen].max() <= before / 4


@pytest.mark.parametrize("options", [{}, {"scale": "symlog", "log_steps": True}])
def test_an_export_shows_the_same_in_light_colors(figure, counted_over_time, options):
    data = counted_over_time(spread, layers=3)
    plot = HistogramMap(figure, style=DARK)
    plot.update(data, **options)
    panels(figure)[0].set_xlim(10, 60)
    panels(figure)[0].set_ylim(-0.5, 2)
    figure.canvas.draw()
    exported = plot.export()
    exported.draw_without_rendering()
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert (titles(exported), texts(exported)) == (titles(figure), texts(figure))
    for light, dark in zip(panels(exported), panels(figure), strict=True):
        assert light.get_xlim() == dark.get_xlim() == (10, 60)
        assert light.get_ylim() == dark.get_ylim() == (-0.5, 2)
        assert light.get_yscale() == dark.get_yscale()
        for ours, theirs in zip(light.lines, dark.lines, strict=True):
            np.testing.assert_array_equal(ours.get_ydata(), theirs.get_ydata())


def test_the_table_needs_no_drawing(figure, counted_over_time):
    plot = HistogramMap(figure)
    assert len(plot.table()) == 0
    plot.update(counted_over_time(spread))
    before = plot.table()
    assert list(before.columns) == ["layer", "step", "from", "to", "density"]
    figure.canvas.draw()
    after = plot.table()
    assert len(before) == len(after) > 100
    np.testing.assert_array_equal(before.columns["from"], after.columns["from"])


def test_the_color_bar_is_static_while_the_colors_are_the_same(
    figure, counted_over_time
):
    plot = drawn(figure, counted_over_time(spread))
    mark, artists = plot.static_artists
    (bar,) = [axes for axes in figure.axes if not axes.images]
    assert artists == [bar]
    panels(figure)[0].set_xlim(20, 30)
    figure.canvas.draw()
    assert plot.static_artists[0] == mark
    plot.update(counted_over_time(spread), scale="symlog")
    figure.canvas.draw()
    assert plot.static_artists[0] != mark


def test_a_step_is_marked_in_each_panel_and_not_in_the_color_bar(
    figure, counted_over_time
):
    plot = drawn(figure, counted_over_time(spread, layers=3))
    plot.show_cursor(40)
    assert [line.axes for line in plot.cursors] == panels(figure)
    assert all(line.get_xdata() == [40, 40] for line in plot.cursors)
    assert all(line.get_visible() for line in plot.cursors)
    plot.show_cursor(None)
    assert not any(line.get_visible() for line in plot.cursors)


@pytest.mark.parametrize("log_steps", [False, True])
def test_a_real_run(figure, record, log_steps):
    data = histograms_over_time_data(record(range(40)), "activation")
    plot = drawn(figure, data, log_steps=log_steps)
    assert titles(figure) == ["flatten", "hidden_1", "output"]
    assert "Activations over training" in texts(figure)
    assert set(plot.table().columns["step"]) == set(range(40))
