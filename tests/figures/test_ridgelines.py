from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figures import (
    DARK,
    LIGHT,
    Live,
    Ridgelines,
    histograms_over_time_data,
)


def moving(step, layer):
    """Values around a center that moves from 0 to 0.9."""
    return np.random.default_rng(step).normal(step / 100, 0.05, 2000)


def spread(step, layer):
    """Values around 0, with the same distribution everywhere."""
    return np.random.default_rng(step + layer).normal(0, 1, 1000)


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def labels(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def heights(patch):
    """Heights of a ridge above its baseline, and its edges."""
    values, edges, baseline = patch.get_data()
    # The y axis points down.
    return baseline - values, edges


def drawn(figure, data, **options):
    plot = Ridgelines(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


def test_a_ridge_is_highest_where_most_values_are(figure, counted_over_time):
    drawn(figure, counted_over_time(moving), scale="linear")
    for step, patch in zip(range(0, 100, 10), figure.axes[0].patches, strict=True):
        rise, edges = heights(patch)
        top = edges[rise.argmax()]
        assert top == pytest.approx(step / 100, abs=0.06)


def test_the_first_step_is_on_top_and_no_ridges_overlap(figure, counted_over_time):
    drawn(figure, counted_over_time(moving))
    (axes,) = figure.axes
    assert labels(axes) == [str(step) for step in range(0, 100, 10)]
    bottom, top = axes.get_ylim()
    assert bottom > 9 > 0 > top
    rises = [heights(patch)[0] for patch in axes.patches]
    assert all(rise.min() >= 0 for rise in rises)
    assert 0.9 < max(rise.max() for rise in rises) < 1


def test_a_narrow_peak_does_not_flatten_the_other_ridges(figure, counted_over_time):
    def values(step, layer):
        return np.random.default_rng(step).normal(0, 1e-3 if step == 50 else 1, 2000)

    data = counted_over_time(values)
    plot = drawn(figure, data, scale="linear")
    rises = [heights(patch)[0].max() for patch in figure.axes[0].patches]
    assert min(rises) > 0.5
    assert max(rises) < 1
    assert "1 ridge is cut at the top" in texts(figure)
    plot.update(data, scale="linear", full_range=True)
    figure.canvas.draw()
    rises = [heights(patch)[0].max() for patch in figure.axes[0].patches]
    assert sorted(rises)[-2] < 0.1
    assert "cut at the top" not in texts(figure)


def test_ridges_of_a_panel_have_the_same_scale(figure, counted_over_time):
    def values(step, layer):
        return np.random.default_rng(step).normal(0, 0.1 if step else 0.4, 20_000)

    drawn(figure, counted_over_time(values, steps=[0, 10]), scale="linear")
    wide, narrow = (heights(patch)[0].max() for patch in figure.axes[0].patches)
    assert narrow / wide == pytest.approx(4, rel=0.15)


def test_early_and_late_steps_differ_in_color(figure, counted_over_time):
    drawn(figure, counted_over_time(spread))
    colors = [to_hex(patch.get_edgecolor()) for patch in figure.axes[0].patches]
    assert colors == LIGHT.layer_colors(10)


def test_the_number_of_ridges_is_limited(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread, steps=range(100), records=900))
    (axes,) = figure.axes
    assert len(axes.patches) == 20
    assert (labels(axes)[0], labels(axes)[-1]) == ("0", "99")
    assert "20 of 900 records" in texts(figure)
    assert len(set(plot.table().columns["step"])) == 20


def test_all_layers_that_were_read_are_drawn(figure, counted_over_time):
    drawn(figure, counted_over_time(spread, layers=9, steps=range(3)))
    assert titles(figure) == [f"hidden_{i}" for i in range(1, 10)]
    assert "layers" not in texts(figure)
    assert len({axes.get_xlim() for axes in figure.axes}) == 1


def test_selected_layers(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread, layers=9), visible=["hidden_8"])
    assert titles(figure) == ["hidden_8"]
    assert "1 of 9 layers" in texts(figure)
    assert set(plot.table().columns["layer"]) == {"hidden_8"}


def test_title_and_labels(figure, counted_over_time):
    drawn(figure, counted_over_time(spread))
    assert "Weight gradients over training, step by step  ·  tanh" in texts(figure)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "weight gradient ∂C/∂W"
    assert axes.get_ylabel() == "step (updates of the weights)"


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
    drawn(figure, counted_over_time(spread), visible=[])
    assert "No layers selected" in texts(figure)


def test_only_nan(figure, counted_over_time):
    data = counted_over_time(spread)
    counts = np.zeros_like(data.counts)
    counts[..., -1] = 5
    drawn(figure, replace(data, counts=counts))
    assert "No finite values" in texts(figure)
    assert np.isfinite(figure.axes[0].get_xlim()).all()


def test_an_empty_step_is_a_flat_ridge(figure, counted_over_time):
    data = counted_over_time(moving)
    data.counts[3] = 0
    drawn(figure, data)
    rises = [heights(patch)[0].max() for patch in figure.axes[0].patches]
    assert rises[3] == 0
    assert min(rises[:3] + rises[4:]) > 0.3


def test_new_steps_are_followed_until_the_user_zooms(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread))
    longer = counted_over_time(lambda s, i: 9 * spread(s, i), steps=range(0, 150, 10))
    plot.update(longer)
    (axes,) = figure.axes
    assert plot.follow
    assert axes.get_xlim()[1] > 9
    assert axes.get_ylim()[0] > 14
    axes.set_xlim(-0.5, 0.5)
    assert plot.live is Live.HOLD
    plot.update(counted_over_time(spread, steps=range(0, 150, 10)))
    assert axes.get_xlim() == (-0.5, 0.5)
    plot.reset_view()
    assert plot.follow


def test_a_zoom_into_values_survives_more_steps(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(spread))
    figure.axes[0].set_xlim(-0.5, 0.5)
    plot.update(counted_over_time(spread, steps=range(0, 150, 10)))
    figure.canvas.draw()
    assert figure.axes[0].get_xlim() == (-0.5, 0.5)
    # All ridges are visible, including the new ridges.
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > 14 > 0 > top


def test_the_zoom_survives_a_hidden_layer(figure, counted_over_time):
    data = counted_over_time(spread, layers=3)
    plot = drawn(figure, data)
    figure.axes[0].set_xlim(-0.5, 0.5)
    figure.axes[0].set_ylim(5, 2)
    plot.update(data, visible=["hidden_3"])
    figure.canvas.draw()
    assert titles(figure) == ["hidden_3"]
    assert figure.axes[0].get_xlim() == (-0.5, 0.5)
    assert figure.axes[0].get_ylim() == (5, 2)
    assert plot.live is Live.HOLD
    plot.reset_view()
    plot.update(data, visible=["hidden_1"])
    assert plot.follow


def test_zooming_in_shows_finer_intervals(figure, counted_over_time):
    drawn(figure, counted_over_time(moving), scale="linear")
    before = np.diff(heights(figure.axes[0].patches[0])[1]).min()
    figure.axes[0].set_xlim(0.02, 0.03)
    figure.canvas.draw()
    _, edges = heights(figure.axes[0].patches[0])
    seen = (edges > 0.02) & (edges < 0.03)
    assert np.diff(edges[seen]).max() <= before / 4


@pytest.mark.parametrize("scale", ["auto", "symlog"])
def test_an_export_shows_the_same_in_light_colors(figure, counted_over_time, scale):
    plot = Ridgelines(figure, style=DARK)
    plot.update(counted_over_time(spread, layers=3), scale=scale)
    figure.axes[0].set_xlim(-0.5, 2)
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
        assert light.get_xscale() == dark.get_xscale()
        assert labels(light) == labels(dark)
        for one, other in zip(light.patches, dark.patches, strict=True):
            np.testing.assert_array_equal(heights(one)[0], heights(other)[0])


def test_the_table_has_the_densities(figure, counted_over_time):
    assert len(Ridgelines(figure).table()) == 0
    plot = Ridgelines(figure)
    plot.update(counted_over_time(moving, layers=2), scale="linear", full_range=True)
    columns = plot.table().columns
    assert list(columns) == ["layer", "step", "from", "to", "density"]
    shares = columns["density"] * (columns["to"] - columns["from"])
    for layer in ("hidden_1", "hidden_2"):
        for step in range(0, 100, 10):
            rows = (columns["layer"] == layer) & (columns["step"] == step)
            assert shares[rows].sum() == pytest.approx(1)


def test_a_real_run(figure, record):
    data = histograms_over_time_data(record(range(40)), "activation", most=20)
    drawn(figure, data)
    assert titles(figure) == ["flatten", "hidden_1", "output"]
    assert len(figure.axes[0].patches) == 20
    assert "20 of 40 records" in texts(figure)


def test_the_ridge_nearest_to_the_selected_step_is_marked(figure, counted_over_time):
    plot = drawn(figure, counted_over_time(moving))
    assert not any(mark.get_visible() for mark in plot.cursors)
    plot.show_cursor(68)
    assert labels(plot.layout.axes[0])[7] == "70"
    assert {mark.get_visible() for mark in plot.cursors} == {True}
    assert {tuple(mark.get_ydata()) for mark in plot.cursors} == {(7, 7)}
    # The mark stays when panels are replaced.
    plot.update(counted_over_time(moving), visible=["hidden_1"])
    assert [tuple(mark.get_ydata()) for mark in plot.cursors] == [(7, 7)]
    plot.show_cursor(None)
    assert not plot.cursors[0].get_visible()
