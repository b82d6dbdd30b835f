"""Layer curves: several runs, panels, smoothing, numbers."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from keras_xavier.figures import DARK, LIGHT, LayerCurves, Saturation, UpdateRatio
from keras_xavier.figures.style import line_style


@pytest.fixture
def two(layer_curves):
    """Makes two runs; the second run is shorter and has fewer layers."""

    def make(records=50, **options):
        return [
            replace(layer_curves(records, **options), run="tanh", index=0),
            replace(
                layer_curves(records - 10, layers=2, **options), run="sigmoid", index=4
            ),
        ]

    return make


def texts(figure):
    return " | ".join(text.get_text() for text in figure.texts)


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn(figure, data, kind=LayerCurves, **options):
    plot = kind(figure)
    plot.update(data, **options)
    figure.canvas.draw()
    return plot


def lines(axes):
    """Lines that join values, in front."""
    return [
        line
        for line in axes.lines
        if line.get_visible() and line.get_zorder() == 3 and len(line.get_xdata())
    ]


@pytest.mark.parametrize(
    ("panels", "expected"),
    [
        ("together", {"": 5}),
        ("layers", {"hidden_1": 2, "hidden_2": 2, "hidden_3": 1}),
        ("runs", {"tanh": 3, "sigmoid": 2}),
    ],
)
def test_lines_share_panels(panels, expected, figure, two):
    drawn(figure, two(), panels=panels)
    found = [len(lines(axes)) for axes in figure.axes]
    assert dict(zip(titles(figure), found, strict=True)) == expected
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    assert "2 runs" in texts(figure)


def test_all_runs_and_all_their_steps_are_in_view(figure, two):
    short, long = two(scale=1.0)[1], two(scale=9.0)[0]
    drawn(figure, [short, long], panels="runs")
    low, high = figure.axes[0].get_ylim()
    assert low < (long.mean - long.std).min()
    assert high > (long.mean + long.std).max()
    assert figure.axes[0].get_xlim()[1] > long.steps[-1]


def test_runs_differ_in_color_and_layers_in_line_style(figure, two):
    drawn(figure, two(), panels="together")
    found = lines(figure.axes[0])
    colors = [to_hex(line.get_color()) for line in found]
    assert colors == [LIGHT.run_color(0)] * 3 + [LIGHT.run_color(4)] * 2
    looks = [line.is_dashed() for line in found]
    assert looks == [line_style(i) != "solid" for i in (0, 1, 2, 0, 1)]
    assert legend(figure) == ["hidden_1", "hidden_2", "hidden_3", "tanh", "sigmoid"]


def test_a_run_keeps_its_color_when_another_is_hidden(figure, two, layer_curves):
    first, second = two()
    third = replace(layer_curves(), run="relu", index=6)
    plot = drawn(figure, [first, second, third], panels="together")
    plot.update([second, third], panels="together")
    figure.canvas.draw()
    colors = list(dict.fromkeys(to_hex(x.get_color()) for x in lines(figure.axes[0])))
    assert colors == [LIGHT.run_color(4), LIGHT.run_color(6)]


def test_layers_differ_in_color_if_each_run_has_a_panel(figure, two):
    drawn(figure, two(), panels="runs")
    for axes, count in zip(figure.axes, (3, 2), strict=True):
        colors = [to_hex(line.get_color()) for line in lines(axes)]
        # A layer has the same color in all panels, as there is one legend.
        assert colors == LIGHT.layer_colors(3)[:count]
    assert legend(figure) == ["hidden_1", "hidden_2", "hidden_3"]


def test_only_outer_panels_have_tick_labels(figure, two):
    drawn(figure, two(), panels="runs")
    left, right = figure.axes
    assert any(label.get_visible() for label in left.get_yticklabels())
    assert not any(label.get_visible() for label in right.get_yticklabels())
    assert left.get_position().x1 < right.get_position().x0


def test_panels_that_do_not_fit_are_on_other_pages(figure, layer_curves):
    data = layer_curves(layers=30)
    plot = drawn(figure, data, panels="layers")
    found = titles(figure)
    assert "  ·  tanh, 10 of 30 layers" in texts(figure)
    limits = [figure.axes[0].get_xlim(), figure.axes[0].get_ylim()]
    for page in range(1, plot.pages):
        plot.update(data, panels="layers", page=page)
        figure.canvas.draw()
        found += titles(figure)
        assert [figure.axes[0].get_xlim(), figure.axes[0].get_ylim()] == limits
        assert plot.follow
    assert found == list(data.layers)


def test_the_view_of_the_user_stays_on_other_pages(figure, layer_curves):
    data = layer_curves(layers=30)
    plot = drawn(figure, data, panels="layers")
    figure.axes[0].set_xlim(100, 200)
    plot.update(data, panels="layers", page=2)
    assert figure.axes[0].get_xlim() == (100, 200)
    assert not plot.follow
    exported = plot.export()
    assert titles(exported) == titles(figure)


def test_standard_deviations_as_lines_and_98th_percentiles_as_marks(
    figure, layer_curves
):
    data = layer_curves(layers=1)
    drawn(figure, data, band="p98-and-std")
    std, p98 = lines(figure.axes[0])
    np.testing.assert_allclose(std.get_ydata(), data.std[:, 0])
    np.testing.assert_allclose(p98.get_ydata(), data.p98[:, 0])
    assert p98.get_linestyle() == "None"
    assert p98.get_markevery()
    assert not any(band.get_visible() for band in figure.axes[0].collections)
    assert "98th percentile (marks)" in texts(figure)


def test_saturation_is_in_percent_of_all_values(figure, layer_curves):
    data = layer_curves()
    data.saturated[:] = np.linspace(0, 0.3, 50)[:, np.newaxis]
    drawn(figure, data, Saturation)
    (axes,) = figure.axes
    np.testing.assert_allclose(lines(axes)[0].get_ydata(), data.saturated[:, 0])
    low, high = axes.get_ylim()
    assert -0.1 < low < 0
    assert 1 < high < 1.1
    assert any(tick.get_text() == "100%" for tick in axes.get_yticklabels())


def test_an_empty_panel_names_an_activation_of_unknown_saturation(figure, layer_curves):
    data = replace(layer_curves(layers=2), activations=("tanh", "softmax"))
    data.saturated[:, 1] = np.nan
    plot = drawn(figure, data, Saturation, panels="layers")
    first, second = figure.axes
    assert not first.texts
    assert [text.get_text() for text in second.texts] == ["unknown for softmax"]
    plot.update(data, panels="together")
    figure.canvas.draw()
    assert "unknown for softmax" in texts(figure)
    plot.update(layer_curves(layers=2), panels="layers")
    assert not any(axes.texts for axes in figure.axes)


def test_layers_of_unknown_saturation(figure, layer_curves):
    data = layer_curves()
    data.saturated[:] = np.nan
    drawn(figure, data, Saturation)
    assert "saturation of these layers is not known" in texts(figure)
    assert "NaN" not in texts(figure)


def test_update_ratios(figure, layer_curves):
    ratio = np.geomspace(1e-2, 1e-5, 150).reshape(50, 3)
    data = replace(layer_curves(quantity="weight_update"), ratio=ratio)
    drawn(figure, data, UpdateRatio)
    (axes,) = figure.axes
    np.testing.assert_allclose(lines(axes)[1].get_ydata(), ratio[:, 1])
    assert 1e-6 < axes.get_ylim()[0] < 1e-5
    assert 1e-2 < axes.get_ylim()[1] < 1e-1
    assert "pdate-to-weight ratio" in texts(figure)


def test_smoothing_keeps_the_raw_line_visible(figure, layer_curves):
    data = layer_curves(layers=1)
    drawn(figure, data, smoothing=100)
    (axes,) = figure.axes
    raw, smoothed = sorted(axes.lines, key=lambda line: line.get_zorder())
    np.testing.assert_array_equal(raw.get_ydata(), data.mean[:, 0])
    assert raw.get_alpha() < 1
    assert np.std(smoothed.get_ydata()) < 0.7 * np.std(data.mean[:, 0])
    assert "mean over 100 steps" in texts(figure)


def test_smoothing_uses_all_of_thousands_of_steps(figure, layer_curves):
    data = layer_curves(records=20_000, layers=1)
    drawn(figure, data, smoothing=50_000)
    smoothed = lines(figure.axes[0])[0].get_ydata()
    # Extremes of columns of pixels would be far from the mean.
    middle = smoothed[len(smoothed) // 4 : -len(smoothed) // 4]
    assert np.abs(middle).max() < 0.2 * data.mean.std()


def test_smoothing_can_be_undone(figure, layer_curves):
    plot = drawn(figure, layer_curves(), smoothing=100)
    plot.update(layer_curves())
    figure.canvas.draw()
    assert len(figure.axes[0].lines) == 3
    assert "mean over" not in texts(figure)


@pytest.mark.parametrize("panels", ["together", "layers", "runs"])
def test_the_zoom_survives_a_hidden_layer_and_new_data(figure, two, panels):
    plot = drawn(figure, two(), panels=panels)
    figure.axes[0].set_xlim(100, 200)
    figure.axes[0].set_ylim(-0.1, 0.1)
    plot.update(two(), panels=panels, visible=["hidden_1", "hidden_2"])
    assert figure.axes[0].get_xlim() == (100, 200)
    plot.update(two(60), panels=panels, visible=["hidden_1", "hidden_2"])
    for axes in figure.axes:
        assert axes.get_xlim() == (100, 200)
        assert axes.get_ylim() == (-0.1, 0.1)
    assert not plot.follow


@pytest.mark.parametrize("panels", ["together", "layers", "runs"])
def test_hiding_a_layer_does_not_stop_following(figure, two, panels):
    plot = drawn(figure, two(), panels=panels)
    plot.update(two(), panels=panels, visible=["hidden_1"])
    assert plot.follow
    plot.update(two(90), panels=panels, visible=["hidden_1"])
    assert figure.axes[0].get_xlim()[1] > 890


def test_artists_stay_the_same_objects_while_data_arrive(figure, two):
    plot = drawn(figure, two(), panels="layers", smoothing=20)
    before = [line for axes in figure.axes for line in axes.lines]
    plot.update(two(80), panels="layers", smoothing=20)
    after = [line for axes in figure.axes for line in axes.lines]
    assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "options",
    [
        {"panels": "layers", "smoothing": 50},
        {"panels": "runs", "scale": "symlog"},
        {"band": "p98-and-std", "log_steps": True, "scale": "log"},
        {"visible": ["hidden_2"], "full_range": True, "band": "percentiles"},
    ],
)
def test_an_export_shows_the_same_in_light_colors(figure, two, options):
    dark = LayerCurves(figure, style=DARK)
    dark.update(two(), **options)
    figure.axes[0].set_xlim(50, 300)
    exported = dark.export()
    exported.draw_without_rendering()
    figure.canvas.draw()
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert titles(exported) == titles(figure)
    assert texts(exported) == texts(figure)
    assert legend(exported) == legend(figure)
    for light_axes, dark_axes in zip(exported.axes, figure.axes, strict=True):
        assert light_axes.get_xlim() == dark_axes.get_xlim()
        assert light_axes.get_ylim() == dark_axes.get_ylim()
        assert light_axes.get_yscale() == dark_axes.get_yscale()
        for light_line, dark_line in zip(
            light_axes.lines, dark_axes.lines, strict=True
        ):
            # Files have at least as much detail as the screen.
            assert set(dark_line.get_xdata()) <= set(light_line.get_xdata())
            assert light_line.get_linestyle() == dark_line.get_linestyle()


def test_the_table_has_each_record_in_view(figure, two):
    data = two()
    plot = drawn(figure, data, visible=["hidden_2"])
    figure.axes[0].set_xlim(95, 205)
    columns = plot.table().columns
    assert list(columns) == [
        *("run", "layer", "step"),
        *("mean", "mean_minus_std", "mean_plus_std"),
    ]
    assert columns["run"].tolist() == ["tanh"] * 11 + ["sigmoid"] * 11
    assert set(columns["layer"]) == {"hidden_2"}
    assert columns["step"].tolist() == [*range(100, 210, 10)] * 2
    np.testing.assert_array_equal(columns["mean"][:11], data[0].mean[10:21, 1])
    np.testing.assert_allclose(
        columns["mean_plus_std"][11:],
        data[1].mean[10:21, 1] + data[1].std[10:21, 1],
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("kind", "options", "names"),
    [
        (LayerCurves, {"band": "percentiles"}, ["p50", "p2", "p98"]),
        (LayerCurves, {"band": "p98-and-std"}, ["std", "p98"]),
        (Saturation, {}, ["saturated"]),
    ],
)
def test_the_table_has_the_drawn_values(figure, layer_curves, kind, options, names):
    data = layer_curves()
    columns = drawn(figure, data, kind, **options).table().columns
    assert list(columns)[3:] == names
    for name in names:
        np.testing.assert_array_equal(columns[name][:50], getattr(data, name)[:, 0])


def test_the_table_has_smoothed_and_raw_values(figure, layer_curves):
    data = layer_curves(layers=1)
    columns = drawn(figure, data, smoothing=100).table().columns
    np.testing.assert_array_equal(columns["mean"], data.mean[:, 0])
    assert columns["mean_over_100_steps"].std() < data.mean.std()


def test_the_table_without_data_is_empty(figure, layer_curves):
    plot = LayerCurves(figure)
    assert len(plot.table()) == 0
    for nothing in ([], layer_curves(0), layer_curves(layers=0)):
        plot.update(nothing)
        assert len(plot.table()) == 0


def test_no_run_is_selected(figure):
    drawn(figure, [])
    assert "No runs selected" in texts(figure)


def test_a_run_without_records_beside_another(figure, layer_curves):
    data = [layer_curves(0), replace(layer_curves(), run="tanh", index=1)]
    drawn(figure, data, panels="runs", smoothing=20)
    assert "No records" not in texts(figure)
    assert figure.axes[0].get_xlim()[1] > 490
    assert len(lines(figure.axes[1])) == 3
    drawn(figure, data, Saturation, panels="runs")
    assert not any(axes.texts for axes in figure.axes)


def test_remarks_name_outliers_of_every_run(figure, two):
    data = two(500, quantity="weight_gradient")
    data[1].mean[100, 0] = 1e6
    drawn(figure, data)
    assert "hidden_1 partly outside the axis range" in texts(figure)
