"""Ridgelines of several runs, side by side or overlaid."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figures import DARK, LIGHT, Ridgelines


def around(center, spread=0.1):
    """Values around a center."""
    return lambda step, layer: np.random.default_rng(step + layer).normal(
        center, spread, 2000
    )


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def visible(axes):
    return [patch for patch in axes.patches if patch.get_visible()]


def rise(patch):
    """Heights of a ridge above its baseline."""
    heights, _, baseline = patch.get_data()
    # The y axis points down; NaN where there is no ridge.
    return np.nan_to_num(baseline - heights)


def drawn(figure, data, **options):
    plot = Ridgelines(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


@pytest.fixture
def two(counted_over_time):
    """Makes a run around 0 that ended early, and a run around 0.5."""

    def make(layers=(2, 2), steps=(range(0, 50, 10), range(0, 100, 10))):
        return [
            counted_over_time(around(0), layers=layers[0], steps=steps[0]),
            replace(
                counted_over_time(around(0.5), layers=layers[1], steps=steps[1]),
                run="sigmoid",
                index=4,
            ),
        ]

    return make


def test_each_run_is_a_row_and_each_layer_a_column(figure, two):
    drawn(figure, two())
    assert titles(figure) == [
        *("tanh\nhidden_1", "hidden_2", "sigmoid\nhidden_1", "hidden_2")
    ]
    boxes = [axes.bbox for axes in figure.axes]
    assert boxes[0].y0 == boxes[1].y0 > boxes[2].y1
    assert boxes[0].x0 == boxes[2].x0 < boxes[1].x0
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
    assert "Weight gradients over training, step by step  ·  2 runs" in texts(figure)


def test_a_row_has_the_same_step_and_color_in_all_panels(figure, two):
    plot = drawn(figure, two(), scale="linear")
    assert labels(figure.axes[0]) == labels(figure.axes[2])
    assert labels(figure.axes[0]) == [str(step) for step in range(0, 100, 10)]
    # The first run has no records after step 40.
    assert [len(visible(axes)) for axes in figure.axes] == [5, 5, 10, 10]
    for axes in figure.axes:
        colors = [to_hex(patch.get_edgecolor()) for patch in visible(axes)]
        assert colors == LIGHT.layer_colors(10)[: len(colors)]
    columns = plot.table().columns
    assert list(columns) == ["run", "layer", "step", "from", "to", "density"]
    assert set(columns["step"][columns["run"] == "tanh"]) == set(range(0, 50, 10))
    assert set(columns["step"][columns["run"] == "sigmoid"]) == set(range(0, 100, 10))


def test_a_run_with_other_steps_shows_its_nearest_records(figure, two):
    plot = drawn(figure, two(steps=([0, 12, 38], range(0, 50, 10))))
    assert [len(visible(axes)) for axes in figure.axes[::2]] == [3, 5]
    assert labels(figure.axes[0]) == ["0", "10", "20", "30", "40"]
    assert [patch.get_visible() for patch in figure.axes[0].patches] == [
        *(True, True, False, False, True)
    ]
    columns = plot.table().columns
    assert set(columns["step"][columns["run"] == "tanh"]) == {0, 12, 38}
    assert "each run shows the record nearest to the step" in texts(figure)
    plot.update(two())
    figure.canvas.draw()
    assert "nearest" not in texts(figure)


def test_heights_are_comparable_between_runs(figure, counted_over_time):
    wide = counted_over_time(around(0, 0.4), steps=[0, 10])
    narrow = replace(counted_over_time(around(0, 0.1), steps=[0, 10]), run="narrow")
    drawn(figure, [wide, narrow], scale="linear")
    first, second = (max(map(max, map(rise, axes.patches))) for axes in figure.axes)
    assert second / first == pytest.approx(4, rel=0.3)
    assert "heights are comparable within a layer" in texts(figure)


def test_rows_have_fewer_ridges(figure, two):
    steps = range(0, 400, 4)
    drawn(figure, two(steps=(steps, steps)))
    assert [len(axes.patches) for axes in figure.axes] == [10] * 4
    assert (labels(figure.axes[0])[0], labels(figure.axes[0])[-1]) == ("0", "396")
    assert "10 of 100 records" in texts(figure)


def test_the_same_layers_of_each_run_are_drawn(figure, two):
    drawn(figure, two((4, 3)))
    names = [title.split("\n")[-1] for title in titles(figure)]
    assert names[:4] == ["hidden_1", "hidden_2", "hidden_3", "hidden_4"]
    assert names[4:] == [*names[:3], "no hidden_4"]


def test_the_number_of_runs_is_limited(figure, counted_over_time):
    one = counted_over_time(around(0), layers=3, steps=range(2))
    data = [replace(one, run=f"run_{i}", index=i) for i in range(15)]
    plot = drawn(figure, data)
    assert len(titles(figure)) == 12
    assert "12 of 15 runs, 1 of 3 layers" in texts(figure)
    plot.update(data, panels="layers")
    figure.canvas.draw()
    assert "7 of 15 runs" in texts(figure)
    assert titles(figure) == ["hidden_1", "hidden_2", "hidden_3"]


def test_runs_that_share_a_panel_differ_in_color(figure, two):
    plot = drawn(figure, two((2, 3)), panels="layers", scale="linear")
    assert titles(figure) == ["hidden_1", "hidden_2", "hidden_3"]
    assert [len(visible(axes)) for axes in figure.axes] == [15, 15, 10]
    for axes in figure.axes:
        for patch in visible(axes):
            heights, edges, _ = patch.get_data()
            highest = edges[np.nanargmin(heights)]
            center, index = (0, 0) if highest < 0.25 else (0.5, 4)
            assert highest == pytest.approx(center, abs=0.15)
            assert to_hex(patch.get_edgecolor()) == LIGHT.run_color(index)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["tanh", "sigmoid"]
    assert set(plot.table().columns["run"]) == {"tanh", "sigmoid"}
    plot.update(two(), panels="runs")
    figure.canvas.draw()
    assert figure.legends == []


def test_runs_beyond_the_safe_colors_differ_in_line_style_too(figure, two):
    first, second = two()
    again = replace(second, run="again", index=len(LIGHT.runs))
    drawn(figure, [replace(first, index=0), again], panels="layers")
    looks = {
        (to_hex(patch.get_edgecolor()), str(patch.get_linestyle()))
        for patch in visible(figure.axes[0])
    }
    assert len({color for color, _ in looks}) == len({style for _, style in looks}) == 2
    handles = figure.legends[0].get_lines()
    assert handles[0].get_linestyle() != handles[1].get_linestyle()


def test_a_single_run_looks_the_same_in_either_arrangement(figure, two):
    plot = drawn(figure, two()[:1], panels="layers")
    assert titles(figure) == ["hidden_1", "hidden_2"]
    assert figure.legends == []
    colors = [to_hex(patch.get_edgecolor()) for patch in figure.axes[0].patches]
    assert colors == LIGHT.layer_colors(5)
    assert next(iter(plot.table().columns)) == "layer"


def test_invalid_panels_list_the_allowed_values(figure, two):
    for panels in ("together", "stacked"):
        with pytest.raises(ValueError, match="must be one of runs, layers"):
            Ridgelines(figure).update(two(), panels=panels)


def test_no_layer_or_run_is_selected(figure, two):
    plot = drawn(figure, two(), visible=[])
    assert "No layers selected" in texts(figure)
    assert len(plot.table()) == 0
    plot.update([])
    figure.canvas.draw()
    assert "No runs selected" in texts(figure)


def test_a_run_with_hidden_layers_takes_no_room(figure, two):
    first, second = two()
    second = replace(second, layers=("conv", "dense"))
    drawn(figure, [first, second], visible=["hidden_1", "hidden_2"])
    assert titles(figure) == ["hidden_1", "hidden_2"]
    assert "1 of 2 runs" in texts(figure)
    assert "·  tanh" in texts(figure)


def test_the_zoom_survives_another_run(figure, two):
    first, second = two(steps=(range(0, 50, 10), range(0, 50, 10)))
    plot = drawn(figure, first)
    figure.axes[0].set_xlim(-0.1, 0.1)
    plot.update([first, second])
    figure.canvas.draw()
    assert {axes.get_xlim() for axes in figure.axes} == {(-0.1, 0.1)}
    assert not plot.follow


@pytest.mark.parametrize("panels", ["runs", "layers"])
def test_an_export_shows_the_same_in_light_colors(figure, two, panels):
    plot = Ridgelines(figure, style=DARK)
    plot.update(two(), panels=panels, scale="symlog")
    figure.axes[0].set_xlim(-0.5, 2)
    figure.canvas.draw()
    exported = plot.export()
    exported.draw_without_rendering()
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert (titles(exported), texts(exported)) == (titles(figure), texts(figure))
    for light, dark in zip(exported.axes, figure.axes, strict=True):
        assert light.get_xlim() == dark.get_xlim()
        assert labels(light) == labels(dark)
        for one, other in zip(light.patches, dark.patches, strict=True):
            np.testing.assert_array_equal(rise(one), rise(other))
