from dataclasses import replace

import numpy as np
import pytest

from keras_xavier import figures
from keras_xavier.figures import DepthProfile, DepthProfileData, depth_profile_data
from keras_xavier.statistics import Quantity, Statistic
from keras_xavier.theory import DepthScales, predicted_std

FORWARD, BACKWARD = Quantity.ACTIVATION, Quantity.PREACTIVATION_GRADIENT


def make_profile(forward, backward, *, run="tanh", index=0, step=0):
    values = {FORWARD: np.array(forward), BACKWARD: np.array(backward)}
    return DepthProfileData(
        run=run,
        layers=tuple(f"hidden_{i + 1}" for i in range(len(forward))),
        step=step,
        values=values,
        measured={quantity: np.ones(len(forward), bool) for quantity in values},
        statistics=dict.fromkeys(values, Statistic.STD),
        wanted=Statistic.STD,
        index=index,
    )


def draw(figure, *profiles):
    plot = DepthProfile(figure)
    plot.update(profiles)
    figure.canvas.draw()
    return plot


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def test_forward_is_on_the_left_and_backward_on_the_right(figure):
    draw(figure, make_profile([0.8, 0.4, 0.2], [1e-4, 1e-3, 1e-2]))
    left, right = figure.axes
    assert left.get_position().x1 < right.get_position().x0
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [0.8, 0.4, 0.2])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [1e-4, 1e-3, 1e-2])
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [1, 2, 3])
    assert left.get_yscale() == right.get_yscale() == "log"
    assert left.get_ylabel() == "standard deviation of the activation (log)"
    assert "activation" not in right.get_ylabel()


def test_remarks_compare_the_first_and_the_last_layer(figure):
    draw(figure, make_profile([0.8, 0.4, 0.2], [1e-4, 1e-3, 1e-2]))
    assert "z: last over first layer 0.25" in texts(figure)
    assert "∂C/∂s: first over last layer 0.01" in texts(figure)
    assert "standard deviation in each layer at step 0  ·  tanh" in texts(figure)


def test_runs_keep_their_colors_and_are_named(figure):
    one = make_profile([1.0, 0.5], [0.5, 1.0], run="standard", index=3)
    two = make_profile([1.0, 0.9], [0.9, 1.0], run="normalized", index=1)
    plot = draw(figure, one, two)
    left, _ = figure.axes
    colors = [line.get_color() for line in left.lines]
    assert colors == [plot.style.run_color(3), plot.style.run_color(1)]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["standard", "normalized"]
    assert "2 runs" in texts(figure)
    plot.update([two])
    figure.canvas.draw()
    left, _ = figure.axes
    assert [line.get_color() for line in left.lines] == [plot.style.run_color(1)]
    assert not figure.legends


def test_runs_at_different_steps_name_their_steps(figure):
    one = make_profile([1.0, 0.5], [0.5, 1.0], run="standard", step=3000)
    two = make_profile([1.0, 0.9], [0.9, 1.0], run="normalized", step=800)
    draw(figure, one, replace(two, is_last=True))
    assert "at steps 800 and 3,000  ·  2 runs" in texts(figure)
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["standard, step 3,000", "normalized, last step 800"]


def test_a_level_profile_looks_level(figure):
    draw(figure, make_profile([0.50, 0.51, 0.49], [1e-3, 1.01e-3, 0.99e-3]))
    for axes in figure.axes:
        low, high = axes.get_ylim()
        assert high / low > 2


def test_zeros_and_nan_are_in_the_remarks_and_not_drawn(figure):
    draw(figure, make_profile([0.8, 0.0, 0.2], [1e-4, np.nan, 1e-2]))
    left, _ = figure.axes
    assert np.isnan(left.lines[0].get_ydata()[1])
    assert "z: 1 layer with a spread of exactly 0" in texts(figure)
    assert "∂C/∂s: 1 layer with NaN or ±Inf" in texts(figure)


def test_the_view_stays_after_zooming(figure):
    plot = draw(figure, make_profile([0.8, 0.4], [1e-4, 1e-3]))
    figure.axes[0].set_ylim(0.1, 10)
    plot.update([make_profile([1e-5, 1e-6], [1e-4, 1e-3], step=10)])
    assert figure.axes[0].get_ylim() == (0.1, 10)
    plot.reset_view()
    assert figure.axes[0].get_ylim()[0] < 1e-5


def test_an_empty_figure_gives_the_reason(figure):
    draw(figure)
    assert "No runs selected" in texts(figure)


def test_a_profile_is_read_from_a_run(record):
    run = record((0, 1, 2))
    found = depth_profile_data(run, -1, statistic="std", with_output=True, index=2)
    assert (found.run, found.step, found.index) == ("tanh", 2, 2)
    assert found.layers == ("flatten", "hidden_1", "output")
    for quantity in (FORWARD, BACKWARD):
        np.testing.assert_allclose(
            found.values[quantity], run.read_statistics(quantity, "std")[2]
        )


@pytest.mark.parametrize(
    ("with_output", "title"),
    [(True, "in each layer at step"), (False, "in each layer but output at")],
)
def test_the_title_states_that_outputs_are_left_out(figure, record, with_output, title):
    draw(figure, depth_profile_data(record((0,)), -1, with_output=with_output))
    assert title in texts(figure)


def test_the_function_draws_runs_at_a_step(record):
    run = record((0, 5))
    figure = figures.depth_profile([run, run], step=0)
    figure.draw_without_rendering()
    assert len(figure.axes[0].lines) == 2
    assert "at step 0" in texts(figure)
    with pytest.raises(ValueError, match="Step 3 was not recorded"):
        figures.depth_profile(run, step=3)


def test_hiding_a_layer_does_not_move_the_others(figure):
    plot = DepthProfile(figure)
    depth_profile = make_profile([0.8, 0.0, 0.2], [1e-4, np.nan, 1e-2])
    plot.update([depth_profile], visible={"hidden_1", "hidden_3"})
    figure.canvas.draw()
    left, right = figure.axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [1, 3])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [1e-4, 1e-2])
    assert list(plot.table().columns["layer"]) == ["hidden_1", "hidden_3"]
    assert "exactly 0" not in texts(figure)
    assert "NaN" not in texts(figure)
    plot.update([depth_profile], visible=())
    assert "No layers selected" in texts(figure)


@pytest.mark.parametrize("scale", ["linear", "symlog"])
def test_linear_and_symlog_axes_start_at_0(figure, scale):
    plot = DepthProfile(figure)
    plot.update([make_profile([0.8, 0.0, 0.2], [1e-4, 1e-3, 1e-2])], scale=scale)
    figure.canvas.draw()
    left, right = figure.axes
    assert left.get_yscale() == right.get_yscale() == scale
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [0.8, 0.0, 0.2])
    for axes in figure.axes:
        # Close to the lower end, so that most of the height is left for the values.
        point = axes.transData.transform((1, 0.0))
        _, height = axes.transAxes.inverted().transform(point)
        assert 0 < height < 0.1
    exported = plot.export()
    assert [axes.get_ylim() for axes in exported.axes] == [
        axes.get_ylim() for axes in figure.axes
    ]


def test_theory_is_dotted_beside_the_measured_values(figure):
    one = make_profile([0.8, 0.4, 0.2], [1e-4, 1e-3, 1e-2])
    predicted = {FORWARD: np.array([0.8, 0.5, np.nan]), BACKWARD: np.full(3, np.nan)}
    scales = DepthScales(variance=2.345, correlation=np.inf, gradient=1.0)
    plot = draw(figure, replace(one, predicted=predicted, depth_scales=scales))
    assert "ξ_q 2.3 layers (variance), ξ_c ∞ layers (correlation" in texts(figure)
    measured, theory = figure.axes[0].lines
    np.testing.assert_array_equal(theory.get_ydata(), predicted[FORWARD])
    assert theory.get_color() == measured.get_color()
    assert [line.get_linestyle() for line in (measured, theory)] == ["-", "--"]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["measured", "theory, before training"]
    assert "z: measured / theory 0.80 to 1.00" in texts(figure)
    numbers = [text.get_text() for text in figure.axes[0].texts]
    assert numbers == ["1.00", "0.80"]
    assert plot.table().columns["measured_over_theory_activation"][1] == 0.8
    assert plot.table().columns["theory_activation"][1] == 0.5
    plot.update([one])
    figure.canvas.draw()
    assert len(figure.axes[0].lines) == 1
    assert "theory" not in texts(figure)
    assert "theory_activation" not in plot.table().columns


def test_theory_is_read_on_request(record):
    run = record((0, 8))
    assert depth_profile_data(run, -1).predicted is None
    read = {"statistic": "std", "with_output": True, "theory": True}
    predicted = depth_profile_data(run, -1, **read).predicted
    (remark, _) = depth_profile_data(
        run, -1, statistic="dead", theory=True
    ).theory_remarks
    assert remark == "theory: it does not predict the share of dead units"
    expected = predicted_std(run, FORWARD).values[0]
    assert np.isfinite(expected).any()
    np.testing.assert_array_equal(predicted[FORWARD], expected)
