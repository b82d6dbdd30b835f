"""Histograms at one step: several runs, panels, numbers."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figures import DARK, LIGHT, Histograms


def normal(scale=1.0, size=4000, seed=0):
    return np.random.default_rng(seed).normal(0, scale, size)


@pytest.fixture
def two(counted):
    """Makes two runs; the second run has fewer layers."""

    def make(*, scale=1.0, steps=(10, 10)):
        first = counted(normal(scale), normal(2 * scale), step=steps[0])
        second = counted(normal(3 * scale, seed=1), step=steps[1])
        return [first, replace(second, run="sigmoid", index=4)]

    return make


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def drawn(figure, data, **options):
    plot = Histograms(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


@pytest.mark.parametrize(
    ("panels", "expected"),
    [
        ("together", {"": 3}),
        ("layers", {"hidden_1": 2, "hidden_2": 1}),
        ("runs", {"tanh": 2, "sigmoid": 1}),
    ],
)
def test_lines_share_panels(panels, expected, figure, two):
    drawn(figure, two(), panels=panels)
    found = [len(axes.patches) for axes in figure.axes]
    assert dict(zip(titles(figure), found, strict=True)) == expected
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
    for axes in figure.axes:
        for patch in axes.patches:
            heights, edges, _ = patch.get_data()
            # Except for the tails, which are out of view.
            assert 0.9 < (heights * np.diff(edges)).sum() <= 1 + 1e-9


def test_runs_differ_in_color_and_layers_in_line_style(figure, two):
    drawn(figure, two(), panels="together")
    first, second, other = figure.axes[0].patches
    colors = [to_hex(patch.get_edgecolor()) for patch in (first, second, other)]
    assert colors == [LIGHT.run_color(0)] * 2 + [LIGHT.run_color(4)]
    assert first.get_linestyle() == other.get_linestyle() == "solid"
    assert second.get_linestyle() != "solid"
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["hidden_1", "hidden_2", "tanh", "sigmoid"]


def test_the_title_names_one_step_if_all_runs_share_it(figure, two):
    plot = drawn(figure, two())
    assert "at step 10  ·  2 runs" in texts(figure)
    plot.update(two(steps=(10, 20)))
    figure.canvas.draw()
    assert "at steps 10 and 20  ·  2 runs" in texts(figure)


def test_runs_at_different_steps_name_their_steps(figure, two):
    first, second = two(steps=(30, 20))
    plot = drawn(figure, [first, replace(second, is_last=True)], panels="runs")
    assert titles(figure) == ["tanh, step 30", "sigmoid, last step 20"]
    panels = list(figure.axes)
    plot.update([replace(first, step=40), second], panels="runs")
    assert titles(figure) == ["tanh, step 40", "sigmoid, step 20"]
    assert figure.axes == panels
    plot.update([replace(first, step=20), second], panels="runs")
    assert titles(figure) == ["tanh", "sigmoid"]
    plot.update([first, second], panels="together")
    figure.canvas.draw()
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named[-2:] == ["tanh, step 30", "sigmoid, step 20"]


def test_remarks_name_the_run_too(figure, two):
    drawn(figure, two())
    assert "% of tanh, hidden_" in texts(figure) or "% of sigmoid, " in texts(figure)


def test_the_zoom_survives_a_hidden_layer_and_another_step(figure, two):
    plot = drawn(figure, two(), panels="layers")
    figure.axes[0].set_xlim(0, 0.5)
    plot.update(two(steps=(20, 20)), panels="layers", visible=["hidden_1"])
    assert titles(figure) == ["hidden_1"]
    assert figure.axes[0].get_xlim() == (0, 0.5)
    assert not plot.follow


def test_hiding_a_layer_does_not_stop_following(figure, two):
    plot = drawn(figure, two(), panels="runs")
    plot.update(two(), panels="runs", visible=["hidden_1"])
    assert plot.follow
    plot.update(two(scale=20), panels="runs", visible=["hidden_1"])
    assert figure.axes[0].get_xlim()[1] > 20


def test_outlines_stay_the_same_objects_from_step_to_step(figure, two):
    plot = drawn(figure, two(), panels="runs")
    before = [patch for axes in figure.axes for patch in axes.patches]
    plot.update(two(scale=2), panels="runs")
    after = [patch for axes in figure.axes for patch in axes.patches]
    assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("panels", ["together", "layers", "runs"])
def test_an_export_shows_the_same_in_light_colors(figure, two, panels):
    plot = Histograms(figure, style=DARK)
    plot.update(two(), panels=panels, scale="symlog")
    figure.axes[0].set_xlim(-0.5, 1)
    figure.canvas.draw()
    exported = plot.export()
    exported.draw_without_rendering()
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert (titles(exported), texts(exported)) == (titles(figure), texts(figure))
    for light, dark in zip(exported.axes, figure.axes, strict=True):
        assert (light.get_xlim(), light.get_ylim()) == (
            dark.get_xlim(),
            dark.get_ylim(),
        )
        for one, other in zip(light.patches, dark.patches, strict=True):
            for ours, theirs in zip(one.get_data(), other.get_data(), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_the_table_has_the_stored_bins(figure, two):
    data = two()
    columns = drawn(figure, data, full_range=True).table().columns
    assert list(columns) == ["run", "step", "layer", "from", "to", "values", "share"]
    for run, layer, size in (
        ("tanh", "hidden_1", 4000),
        ("tanh", "hidden_2", 4000),
        ("sigmoid", "hidden_1", 4000),
    ):
        rows = (columns["run"] == run) & (columns["layer"] == layer)
        assert columns["values"][rows].sum() == size
        assert columns["share"][rows].sum() == pytest.approx(1)
    assert (columns["from"] < columns["to"]).all()
    assert (columns["values"] > 0).all()
    assert set(columns["step"]) == {10}


def test_the_table_has_only_values_in_view(figure, two):
    plot = drawn(figure, two(), visible=["hidden_2"])
    figure.axes[0].set_xlim(0.5, 1)
    columns = plot.table().columns
    assert set(columns["layer"]) == {"hidden_2"}
    assert columns["to"].min() > 0.5
    assert columns["from"].max() < 1
    values = normal(2)
    inside = np.count_nonzero((values > 0.5) & (values < 1))
    assert inside <= columns["values"].sum() < 1.1 * inside


def test_no_run_is_selected(figure):
    plot = drawn(figure, [])
    assert "No runs selected" in texts(figure)
    assert len(plot.table()) == 0


def test_titles_of_panels_do_not_overlap(figure, two):
    first, second = two()
    runs = [
        replace(one, run=f"tanh-standard-4x100-seed{i}", index=i)
        for i, one in enumerate((first, second, first, second))
    ]
    figure.set_size_inches(5, 4)
    drawn(figure, runs, panels="runs")
    boxes = [axes._left_title.get_window_extent() for axes in figure.axes]
    assert all("…" in title for title in titles(figure))
    assert not boxes[0].overlaps(boxes[1])
    figure.set_size_inches(16, 4)
    figure.canvas.draw()
    assert titles(figure) == [one.run for one in runs]
