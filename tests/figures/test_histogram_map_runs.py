"""Maps of histograms of several runs, side by side."""

from dataclasses import replace
from importlib import import_module

import matplotlib as mpl
import numpy as np
import pytest

from keras_xavier.figures import DARK, LIGHT, HistogramMap, Live


def around(center, spread=0.05):
    """Values around a center."""
    return lambda step, layer: np.random.default_rng(step + layer).normal(
        center, spread, 2000
    )


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def panels(figure):
    """The axes of the panels, without the color bar."""
    return [axes for axes in figure.axes if axes.get_navigate()]


def titles(figure):
    return [axes.get_title(loc="left") for axes in panels(figure)]


def drawn(figure, data, **options):
    plot = HistogramMap(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


@pytest.fixture
def two(counted_over_time):
    """Makes a run around 0, and a longer run around 0.5 with one more layer."""

    def make(layers=(2, 3)):
        return [
            counted_over_time(around(0), layers=layers[0]),
            replace(
                counted_over_time(
                    around(0.5), layers=layers[1], steps=range(0, 200, 10)
                ),
                run="sigmoid",
                index=4,
            ),
        ]

    return make


def places(figure):
    """Left and upper edges of the panels, in pixels."""
    boxes = [axes.bbox for axes in panels(figure)]
    return [(round(box.x0), round(box.y1)) for box in boxes]


def test_each_run_is_a_column_and_each_layer_a_row(figure, two):
    drawn(figure, two())
    assert titles(figure) == [
        *("tanh\nhidden_1", "sigmoid\nhidden_1"),
        *("hidden_2", "hidden_2"),
        *("no hidden_3", "hidden_3"),
    ]
    found = places(figure)
    assert len({x for x, _ in found}) == 2
    assert len({y for _, y in found}) == 3
    assert found[0][0] == found[2][0] == found[4][0] < found[1][0]


def test_axes_and_colors_are_the_same(figure, two):
    drawn(figure, two(), scale="linear")
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels(figure)}) == 1
    left, right = panels(figure)[0].get_xlim()
    assert left <= 0
    assert 190 < right < 195
    low, high = panels(figure)[0].get_ylim()
    assert low < -0.1
    assert high > 0.6
    # Both have the same spread, so the same colors show the same shares.
    brightest = [
        axes.images[0].get_array()[..., :3].sum(axis=-1).max()
        for axes in panels(figure)
        if axes.images
    ]
    assert max(brightest) - min(brightest) < 120


def test_the_shorter_run_is_not_extended(figure, two):
    drawn(figure, two(), scale="linear")
    short, long, *_ = panels(figure)

    def last(axes):
        pixels = axes.images[0].get_array()
        columns = np.flatnonzero(pixels[..., 3].any(axis=0))
        left, right = axes.get_xlim()
        return left + (right - left) * (columns[-1] + 1) / pixels.shape[1]

    # The last records are just wide enough to be visible.
    assert last(short) == pytest.approx(91.9, abs=1)
    assert last(long) == pytest.approx(191.9, abs=1)


def test_each_layer_shows_its_own_run(figure, two):
    data = two()
    plot = drawn(figure, data, scale="linear", full_range=True)
    shown = [axes for axes in panels(figure) if axes.images]
    for axes, (one, layer) in zip(
        shown,
        [(data[i], j) for j in range(3) for i in range(2) if j < 2 or i == 1],
        strict=True,
    ):
        _, median, _ = axes.lines
        np.testing.assert_array_equal(
            median.get_ydata()[:-1], one.percentiles[:, layer, 1]
        )
        np.testing.assert_array_equal(median.get_xdata()[:-1], one.steps)
    columns = plot.table().columns
    assert list(columns) == ["run", "layer", "step", "from", "to", "density"]
    for run, layers, center in (("tanh", 2, 0.0), ("sigmoid", 3, 0.5)):
        mine = columns["run"] == run
        assert len(set(columns["layer"][mine])) == layers
        low, high = columns["from"][mine], columns["to"][mine]
        shares = columns["density"][mine] * (high - low)
        assert np.average((low + high) / 2, weights=shares) == pytest.approx(
            center, abs=0.01
        )
        records = len(set(columns["step"][mine]))
        assert shares.sum() == pytest.approx(layers * records)


def test_the_title_counts_the_runs(figure, two):
    plot = drawn(figure, two())
    assert "Weight gradients over training  ·  2 runs" in texts(figure)
    assert "of 2 runs" not in texts(figure)
    plot.update(two(), all_runs=20)
    figure.canvas.draw()
    assert "20 runs" in texts(figure)
    assert "2 of 20 runs" in texts(figure)


def test_the_same_layers_of_each_run_are_drawn(figure, two):
    drawn(figure, two((9, 9)))
    names = [title.split("\n")[-1] for title in titles(figure)]
    assert names[::2] == names[1::2]
    assert (names[0], names[-1]) == ("hidden_1", "hidden_9")
    assert len(names) == 18


def test_the_number_of_runs_is_limited(figure, counted_over_time):
    one = counted_over_time(around(0), layers=3, steps=range(2))
    data = [replace(one, run=f"run_{i}") for i in range(15)]
    drawn(figure, data)
    assert len(titles(figure)) == 12
    assert "12 of 15 runs, 1 of 3 layers" in texts(figure)


def test_remarks_name_the_run_that_is_out_of_view(figure, two):
    drawn(figure, two(), scale="linear")
    panels(figure)[0].set_ylim(0.3, 0.8)
    figure.canvas.draw()
    assert "out of view: all values of 2 layers" in texts(figure)


def test_remarks_count_unread_records_of_all_runs(figure, two):
    first, second = two()
    drawn(figure, [first, replace(second, records=1200)])
    assert "30 of 1,210 records in view" in texts(figure)


def test_a_run_without_records_is_empty_beside_others(figure, counted_over_time):
    data = [
        replace(counted_over_time(around(0), steps=[]), run="new"),
        counted_over_time(around(0)),
    ]
    plot = drawn(figure, data)
    empty, other = panels(figure)
    assert not empty.images[0].get_visible()
    assert other.images[0].get_visible()
    assert "No records yet" not in texts(figure)
    assert set(plot.table().columns["run"]) == {"tanh"}
    plot.update(data[:1])
    figure.canvas.draw()
    assert "No records yet" in texts(figure)


def test_no_run_is_selected(figure):
    plot = drawn(figure, [])
    assert "No runs selected" in texts(figure)
    assert len(plot.table()) == 0


def test_the_zoom_survives_another_run(figure, two):
    first, second = two()
    plot = drawn(figure, first)
    panels(figure)[0].set_xlim(50, 70)
    plot.update([first, second])
    figure.canvas.draw()
    assert {axes.get_xlim() for axes in panels(figure)} == {(50, 70)}
    assert plot.live is Live.HOLD
    plot.reset_view()
    assert plot.follow
    plot.update([first, second], visible=["hidden_1"])
    assert plot.follow


def test_a_step_is_marked_in_each_panel(figure, two):
    plot = drawn(figure, two())
    plot.show_cursor(40)
    assert [line.axes for line in plot.cursors] == panels(figure)


def test_panels_keep_their_artists_while_a_run_grows(figure, two):
    first, second = two()
    plot = drawn(figure, [first, second])
    before = [axes.images[0] for axes in panels(figure) if axes.images]
    plot.update([first, replace(second, ends=(0, 300))])
    after = [axes.images[0] for axes in panels(figure) if axes.images]
    assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("options", [{}, {"scale": "symlog", "log_steps": True}])
def test_an_export_shows_the_same_in_light_colors(figure, two, options):
    plot = HistogramMap(figure, style=DARK)
    plot.update(two(), **options, all_runs=3)
    panels(figure)[0].set_xlim(10, 60)
    panels(figure)[0].set_ylim(-0.5, 2)
    figure.canvas.draw()
    exported = plot.export()
    exported.draw_without_rendering()
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert (titles(exported), texts(exported)) == (titles(figure), texts(figure))
    for light, dark in zip(panels(exported), panels(figure), strict=True):
        assert light.get_xlim() == dark.get_xlim()
        assert light.get_ylim() == dark.get_ylim()
        for ours, theirs in zip(light.lines, dark.lines, strict=True):
            np.testing.assert_array_equal(ours.get_ydata(), theirs.get_ydata())


@pytest.mark.parametrize("size", [(5, 3), (8, 4.5), (16, 9)])
def test_titles_fit_into_their_columns(figure, counted_over_time, size):
    one = counted_over_time(around(0), layers=3, steps=range(3))
    data = [
        replace(one, run=f"shapeset3x2-tanh-standard-5x200-lr0.03-seed{i}")
        for i in range(4)
    ]
    drawn(figure, data)
    figure.set_size_inches(size)
    figure.canvas.draw()
    boxes = [axes.bbox for axes in panels(figure)]
    written = [
        text.get_window_extent()
        for axes in panels(figure)
        for text in axes.get_children()
        if isinstance(text, mpl.text.Text) and text.get_text() == axes.get_title("left")
        if text.get_text()
    ]
    assert len(written) == len(boxes)
    for box, text in zip(boxes, written, strict=True):
        # Not over the next column, nor over the panel above.
        assert text.x1 < box.x0 + box.width + 0.5 * figure.dpi
        assert text.y0 >= box.y1 - 1
        above = [other.y0 for other in boxes if other.y0 > box.y1]
        assert not above or text.y1 <= min(above) + 1
    heads = {title.split("\n")[0] for title in titles(figure)[:4]}
    assert len(heads) == 4


def test_densities_are_computed_again_only_if_the_range_of_values_changes(
    figure, two, monkeypatch
):
    drawn(figure, two(), scale="linear")
    found = []
    module = import_module("keras_xavier.figures.histogram_map")
    densities = module.densities
    monkeypatch.setattr(
        module, "densities", lambda *of: found.append(1) or densities(*of)
    )
    first = panels(figure)[0]
    low, high = first.get_ylim()
    first.set_xlim(20, 90)
    first.set_ylim(low * (1 + 1e-14), high * (1 - 1e-14))
    figure.canvas.draw()
    assert not found
    first.set_ylim(0, 0.2)
    figure.canvas.draw()
    assert len(found) == 5
