import numpy as np
import pytest

from keras_xavier.figures import HistogramData, Histograms
from keras_xavier.histogram_bins import BIN_COUNT


def normal(scale=1.0, size=5000, seed=0):
    return np.random.default_rng(seed).normal(0, scale, size)


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def outlines(figure):
    return [p.get_data() for p in figure.axes[0].patches if p.get_visible()]


def draw(figure, data, **settings):
    plot = Histograms(figure)
    plot.update(data, **settings)
    figure.canvas.draw()
    return plot


def test_each_layer_is_a_step_outline_of_its_density(figure, counted):
    draw(figure, counted(normal(1), normal(2)), full_range=True)
    both = outlines(figure)
    assert len(both) == 2
    for values, edges, _ in both:
        assert (values * np.diff(edges)).sum() == pytest.approx(1)
    assert max(both[0].values) > 1.5 * max(both[1].values)


def test_title_labels_and_coverage(figure, counted):
    draw(figure, counted(normal(), step=1200))
    assert "Back-propagated gradients at step 1,200  ·  tanh" in texts(figure)
    (axes,) = figure.axes
    assert axes.get_xlabel() == "back-propagated gradient ∂C/∂s"
    assert "density" in axes.get_ylabel()
    assert "% of hidden_1" in texts(figure)
    assert "bins (merged from 1,731)" in texts(figure)


def test_the_view_is_robust_and_can_be_full(figure, counted):
    values = np.append(normal(), [500.0, -700.0])
    plot = draw(figure, counted(values))
    assert figure.axes[0].get_xlim() == (-2.5, 2.5)
    assert "out of view: 1.2% of hidden_1" in texts(figure)
    plot.update(counted(values), full_range=True)
    figure.canvas.draw()
    low, high = figure.axes[0].get_xlim()
    assert low <= -700
    assert high >= 500
    assert "all values are in view" in texts(figure)


def test_shares_follow_the_view(figure, counted):
    draw(figure, counted(normal()))
    figure.axes[0].set_xlim(0, 10)
    figure.canvas.draw()
    assert "out of view: 5" in texts(figure)


def test_zooming_in_shows_finer_intervals(figure, counted):
    draw(figure, counted(normal()))
    before = np.diff(outlines(figure)[0].edges).min()
    figure.axes[0].set_xlim(0.05, 0.1)
    figure.canvas.draw()
    edges = outlines(figure)[0].edges
    seen = (edges > 0.05) & (edges < 0.1)
    assert np.diff(edges[seen]).max() < before / 8


def test_a_bounded_activation_is_shown_within_its_bounds(figure, counted):
    saturated = np.tanh(3 * normal())
    draw(figure, counted(saturated, quantity="activation", bounds=(-1.0, 1.0)))
    low, high = figure.axes[0].get_xlim()
    assert -1.1 < low < -1
    assert 1 < high < 1.1
    values, edges, _ = outlines(figure)[0]
    assert edges[np.argmax(values)] in (-1.0, edges[-2])
    assert "bins (merged from 1,026)" in texts(figure)


@pytest.mark.parametrize("factor", [1, 3, 9])
def test_layers_of_similar_scale_share_a_linear_axis(factor, figure, counted):
    draw(figure, counted(*[normal(factor ** (i / 4)) for i in range(5)]))
    assert figure.axes[0].get_xscale() == "linear"


def test_layers_of_different_scale_are_all_readable(figure, counted):
    scales = [1e-2, 1e-4, 1e-6, 1e-8]
    draw(figure, counted(*map(normal, scales)))
    (axes,) = figure.axes
    assert axes.get_xscale() == "symlog"
    assert axes.get_ylabel() == "share of values per decade"
    top = axes.get_ylim()[1]
    for scale, (values, edges, _) in zip(scales, outlines(figure), strict=True):
        assert max(values) > 0.5 * top
        peak = edges[np.argmax(values)]
        assert 0.3 * scale < abs(peak) < 3 * scale
        places = axes.transAxes.inverted().transform(
            axes.transData.transform([(-3 * scale, 0), (3 * scale, 0)])
        )
        assert places[1, 0] - places[0, 0] > 0.05


def test_the_scale_can_be_selected(figure, counted):
    plot = draw(figure, counted(normal()), scale="symlog")
    assert figure.axes[0].get_xscale() == "symlog"
    plot.update(counted(normal(1), normal(1e-6)), scale="linear")
    assert figure.axes[0].get_xscale() == "linear"
    with pytest.raises(ValueError, match=r"auto, linear, symlog\. Received: cubic"):
        plot.update(counted(normal()), scale="cubic")


def test_bounded_activations_may_have_a_symlog_axis(figure, counted):
    data = counted(np.tanh(normal(1e-3)), quantity="activation", bounds=(-1.0, 1.0))
    draw(figure, data, scale="symlog")
    assert figure.axes[0].get_xscale() == "symlog"


def test_an_outlying_layer_does_not_flatten_the_others(figure, counted):
    hidden = [normal(1e-4 * 0.7**i, seed=i) for i in range(5)]
    draw(figure, counted(*hidden, normal(2e-3)))
    (axes,) = figure.axes
    assert axes.get_xscale() == "linear"
    assert axes.get_xlim()[1] < 1e-3
    assert "out of view: up to" in texts(figure)


def test_the_axis_becomes_logarithmic_rather_than_to_lose_a_layer(figure, counted):
    hidden = [normal(1e-4 * 0.7**i, seed=i) for i in range(5)]
    plot = draw(figure, counted(*hidden, 0.01 + normal(1e-5)))
    assert figure.axes[0].get_xscale() == "symlog"
    assert "all values of" not in texts(figure)
    plot.update(counted(*hidden, 0.01 + normal(1e-5)), scale="linear")
    figure.canvas.draw()
    assert "out of view: all values of hidden_6" in texts(figure)


def test_remarks_count_all_layers_of_zeros(figure, counted):
    dead = [np.zeros(100)] * 40
    draw(figure, counted(*dead, normal()))
    assert "exactly 0: all values of 40 layers" in texts(figure)


def test_a_peak_out_of_view_is_in_the_remarks(figure, counted):
    hidden = [np.tanh(normal(seed=i)) for i in range(5)]
    data = counted(*hidden, normal(1e-3), quantity="activation", bounds=(-1.0, 1.0))
    plot = draw(figure, data)
    assert figure.axes[0].get_ylim()[1] < 2
    assert "taller than the view: hidden_6" in texts(figure)
    plot.update(data, full_range=True)
    figure.canvas.draw()
    assert figure.axes[0].get_ylim()[1] > 50
    assert "taller" not in texts(figure)


def test_zeros_are_in_the_remarks_and_not_drawn(figure, counted):
    rectified = np.maximum(normal(size=20_000), 0)
    draw(figure, counted(rectified))
    assert "exactly 0: 50" in texts(figure)
    assert max(outlines(figure)[0].values) < 0.5
    assert figure.axes[0].get_xlim()[0] == 0


def test_vanished_gradients(figure, counted):
    draw(figure, counted(normal(1e-13), normal(1e-14)))
    low, high = figure.axes[0].get_xlim()
    assert -1.1e-12 < low < 0 < high < 1.1e-12
    assert max(outlines(figure)[0].values) > 0


def test_values_beyond_all_bins(figure, counted):
    draw(figure, counted(np.full(100, 1e9)))
    assert np.isfinite(figure.axes[0].get_xlim()).all()
    assert "out of view: all values of hidden_1" in texts(figure)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros(10), "All values are exactly 0"),
        (np.full(10, np.nan), "No finite values"),
        (np.zeros(0), "No values were counted"),
    ],
)
def test_an_empty_figure_gives_the_reason(values, reason, figure, counted):
    draw(figure, counted(values, values))
    assert reason in texts(figure)


def test_non_finite_values_are_in_the_remarks(figure, counted):
    values = normal(size=1000)
    values[:100] = np.nan
    draw(figure, counted(normal(), values))
    assert "NaN or ±Inf: 10.0% of hidden_2" in texts(figure)


def test_no_layers_and_no_selected_layers(figure, counted):
    empty = HistogramData(
        counted(normal()).quantity, (), 0, np.zeros((0, BIN_COUNT)), np.zeros((0, 1))
    )
    plot = draw(figure, empty)
    assert "No layer of this run has the quantity" in texts(figure)
    plot.update(counted(normal()), visible=[])
    figure.canvas.draw()
    assert "No layers selected" in texts(figure)
    assert not outlines(figure)


def test_visible_layers_in_model_order(figure, counted):
    draw(
        figure,
        counted(normal(), normal(), normal()),
        visible={"hidden_3", "hidden_1"},
    )
    assert len(outlines(figure)) == 2
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["hidden_1", "hidden_3"]


def test_changing_the_step_keeps_the_zoom(figure, counted):
    plot = draw(figure, counted(normal(1e-3)))
    figure.axes[0].set_xlim(-1e-4, 1e-4)
    plot.update(counted(normal(1), normal(1e-6), step=5))
    figure.canvas.draw()
    assert figure.axes[0].get_xlim() == (-1e-4, 1e-4)
    assert figure.axes[0].get_xscale() == "linear"
    plot.reset_view()
    assert figure.axes[0].get_xscale() == "symlog"


def test_export_keeps_the_scale_after_zooming(figure, counted):
    plot = draw(figure, counted(normal(1e-3)))
    figure.axes[0].set_xlim(-1e-4, 1e-4)
    plot.update(counted(normal(1), normal(1e-6)))
    exported = plot.export()
    assert exported.axes[0].get_xscale() == "linear"
    assert exported.axes[0].get_xlim() == (-1e-4, 1e-4)


def test_panning_away_from_all_values(figure, counted):
    draw(figure, counted(np.tanh(normal()), quantity="activation", bounds=(-1.0, 1.0)))
    for limits in [(5, 6), (-9, -8), (0.0001, 0.0002)]:
        figure.axes[0].set_xlim(limits)
        figure.canvas.draw()


def test_a_hundred_layers(figure, counted):
    draw(figure, counted(*[normal(0.97**i, size=300) for i in range(100)]))
    assert len(outlines(figure)) == 100
    assert "of 100 layers" in figure.legends[0].get_title().get_text()
