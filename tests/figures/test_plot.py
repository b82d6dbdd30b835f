"""Common behavior of all plots, tested with several classes of plots."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from keras_xavier.figures import (
    DARK,
    LIGHT,
    Histograms,
    LayerCurves,
    TrainingCurves,
    TrainingCurvesData,
)
from keras_xavier.figures.layout import LEGEND_ROW

PLOTS = [LayerCurves, Histograms, TrainingCurves]


def curves(points=50, *, scale=1.0):
    steps = 10 * np.arange(points)
    return [TrainingCurvesData("tanh", {"loss": (steps, scale * np.exp(-steps / 100))})]


@pytest.fixture
def data_for(layer_curves, counted):
    """Makes data for a kind of plot."""

    def make(kind, *, scale=1.0):
        if kind is LayerCurves:
            return layer_curves(scale=scale)
        if kind is TrainingCurves:
            return curves(scale=scale)
        return counted(scale * np.random.default_rng(0).normal(size=500))

    return make


@pytest.mark.parametrize("kind", PLOTS)
def test_a_plot_without_data_has_a_message(kind, figure):
    kind(figure)
    figure.canvas.draw()
    assert any("Nothing has been recorded" in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("kind", PLOTS)
def test_the_view_follows_until_the_user_zooms(kind, figure, data_for):
    plot = kind(figure)
    plot.update(data_for(kind))
    figure.canvas.draw()
    (axes,) = figure.axes
    first = axes.viewLim.frozen()
    assert plot.follow
    plot.update(data_for(kind, scale=10))
    second = axes.viewLim.frozen()
    assert plot.follow
    assert not np.allclose(first, second)

    axes.set_xlim(1, 2)
    assert not plot.follow
    plot.update(data_for(kind, scale=100))
    assert axes.get_xlim() == (1, 2)
    assert axes.get_ylim() == (second.y0, second.y1)

    plot.reset_view()
    assert plot.follow
    assert not np.allclose(second, axes.viewLim.frozen())


@pytest.mark.parametrize("kind", PLOTS)
def test_artists_stay_the_same_objects(kind, figure, data_for):
    plot = kind(figure)
    plot.update(data_for(kind))
    figure.canvas.draw()
    (axes,) = figure.axes
    before = [*axes.lines, *axes.patches, *axes.collections, *figure.legends]
    plot.update(data_for(kind, scale=2))
    figure.canvas.draw()
    after = [*axes.lines, *axes.patches, *axes.collections, *figure.legends]
    assert before
    assert all(a is b for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("kind", PLOTS)
def test_export_is_light_and_shows_the_same_view(kind, figure, data_for):
    plot = kind(figure, style=DARK)
    plot.update(data_for(kind))
    figure.axes[0].set_xlim(1, 2)
    exported = plot.export()
    assert exported is not figure
    assert exported.get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
    assert figure.get_facecolor() == mpl.colors.to_rgba(DARK.background)
    assert exported.axes[0].get_xlim() == (1, 2)
    assert exported.axes[0].get_ylim() == figure.axes[0].get_ylim()
    assert list(exported.get_size_inches()) == list(figure.get_size_inches())


@pytest.mark.parametrize("kind", PLOTS)
def test_an_empty_plot_can_be_exported(kind, figure):
    assert kind(figure).export().axes


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_figures_are_saved_in_all_formats(form, figure, layer_curves, tmp_path):
    LayerCurves(figure).update(layer_curves())
    path = tmp_path / f"figure.{form}"
    figure.savefig(path, dpi=150)
    assert path.stat().st_size > 5000


def test_global_rcparams_are_neither_changed_nor_used(figure, layer_curves):
    before = dict(mpl.rcParams)
    with mpl.rc_context({"axes.facecolor": "red", "text.color": "red"}):
        LayerCurves(figure).update(layer_curves())
        figure.canvas.draw()
        assert figure.axes[0].get_facecolor() == mpl.colors.to_rgba(LIGHT.background)
        assert figure.texts[0].get_color() == LIGHT.foreground
    assert dict(mpl.rcParams) == before


def test_a_plot_replaces_what_was_on_its_figure(figure, layer_curves):
    figure.add_subplot(121)
    LayerCurves(figure).update(layer_curves())
    figure.canvas.draw()
    LayerCurves(figure, style=DARK).update(layer_curves())
    figure.canvas.draw()
    assert len(figure.axes) == len(figure.legends) == 1


def overlaps(figure):
    """Whether the legend and the title are clear of the axes, within the figure."""
    renderer = figure.canvas.get_renderer()
    boxes = [figure.axes[0].get_window_extent(renderer)]
    boxes += [legend.get_window_extent(renderer) for legend in figure.legends]
    boxes += [
        text.get_window_extent(renderer) for text in figure.texts if text.get_text()
    ]
    return any(
        a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]
    ) or any(box.x1 > figure.bbox.width + 1 or box.y0 < -1 for box in boxes)


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, ("step (updates of the weights)", "activation z = φ(s)")),
        (
            {"scale": "symlog"},
            ("step (updates of the weights)", "activation z = φ(s) (symlog)"),
        ),
        (
            {"scale": "log", "log_steps": True},
            ("step (updates of the weights, log)", "activation z = φ(s) (log)"),
        ),
    ],
)
def test_the_label_of_an_axis_names_its_scale(figure, layer_curves, options, labels):
    plot = LayerCurves(figure)
    plot.update(layer_curves())
    figure.canvas.draw()
    plot.update(layer_curves(), **options)
    figure.canvas.draw()
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == labels


LONG_NAMES = [
    "copy",
    "live one",
    "shapeset3x2-sigmoid-standard-4x50-lr0.1-seed0",
    "shapeset3x2-tanh-standard-4x50-lr0.01-seed0",
    "sigmoid-standard-4x30-rate0.1",
    "sigmoid-standard-4x100-rate0.1",
    "tanh glorot",
]


def titles_of(figure):
    """The titles of the panels that have one."""
    texts = [axes.title for axes in figure.axes]
    texts += [axes._left_title for axes in figure.axes]
    return [text for text in texts if text.get_text()]


@pytest.mark.parametrize("dpi", [100, 125])
@pytest.mark.parametrize("size", [(850, 500), (1280, 800)])
@pytest.mark.parametrize("count", [3, 7])
def test_titles_of_panels_do_not_overlap(figure, layer_curves, count, size, dpi):
    figure.set_dpi(dpi)
    figure.set_size_inches(size[0] / dpi, size[1] / dpi)
    runs = [replace(layer_curves(), run=name) for name in LONG_NAMES[-count:]]
    LayerCurves(figure).update(runs, panels="runs")
    figure.canvas.draw()
    titles = titles_of(figure)
    boxes = [title.get_window_extent() for title in titles]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert len({title.get_text() for title in titles}) == count


def test_titles_that_fit_are_complete(figure, layer_curves):
    figure.set_size_inches(16, 9)
    runs = [replace(layer_curves(), run=name) for name in LONG_NAMES[2:4]]
    LayerCurves(figure).update(runs, panels="runs")
    figure.canvas.draw()
    assert [title.get_text() for title in titles_of(figure)] == LONG_NAMES[2:4]


def test_the_name_of_the_run_is_shortened_at_words(figure, layer_curves):
    figure.set_size_inches(6, 4)
    LayerCurves(figure).update(replace(layer_curves(), run=LONG_NAMES[2]))
    figure.canvas.draw()
    title = figure.texts[0]
    assert title.get_text().endswith("  ·  shapeset3x2-…seed0")
    assert title.get_window_extent().x1 <= figure.bbox.width


@pytest.mark.parametrize("size", [(4.5, 3), (8, 4.5), (16, 9)])
@pytest.mark.parametrize("layers", [1, 6, 100])
def test_nothing_overlaps(size, layers, figure, layer_curves):
    figure.set_size_inches(size)
    LayerCurves(figure).update(layer_curves(layers=layers))
    figure.canvas.draw()
    assert not overlaps(figure)


def test_layout_follows_the_size_and_not_the_data(figure, layer_curves):
    plot = LayerCurves(figure)
    plot.update(layer_curves())
    figure.canvas.draw()
    before = figure.axes[0].get_position().frozen()
    plot.update(layer_curves(records=400, scale=1e-9))
    figure.canvas.draw()
    assert np.array_equal(figure.axes[0].get_position(), before)
    figure.set_size_inches(12, 6)
    figure.canvas.draw()
    assert figure.axes[0].get_position().width > before.width


def test_the_legend_names_as_many_layers_as_fit(figure, layer_curves):
    LayerCurves(figure).update(layer_curves(layers=100))
    figure.canvas.draw()
    (legend,) = figure.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[0] == "hidden_1"
    assert texts[-1] == "hidden_100"
    assert 10 < len(texts) < 4.5 / LEGEND_ROW
    assert legend.get_title().get_text() == f"{len(texts)} of 100 layers"


def test_a_tiny_figure_can_be_drawn(figure, layer_curves):
    figure.set_size_inches(1, 0.7)
    LayerCurves(figure).update(layer_curves(layers=30))
    figure.canvas.draw()


def test_an_error_while_drawing_is_raised(figure, layer_curves, monkeypatch):
    plot = LayerCurves(figure)
    plot.update(layer_curves())

    def broken():
        raise ValueError("broken")

    monkeypatch.setattr(plot, "_refine", broken)
    with pytest.raises(RuntimeError, match="broken"):
        figure.canvas.draw()


def test_the_layout_engine_has_no_options(figure):
    LayerCurves(figure)
    figure.get_layout_engine().set()
    with pytest.raises(TypeError, match="no options"):
        figure.get_layout_engine().set(pad=1)


def test_a_plot_lives_as_long_as_its_figure(layer_curves):
    figure = Figure()
    LayerCurves(figure).update(layer_curves())
    figure.set_size_inches(3, 3)
    figure.savefig("/dev/null", format="png")
    assert figure.legends
