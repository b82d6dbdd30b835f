"""Marks of the evidence of a finding."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from keras_xavier.figure_spec import Evidence, ReferenceLine
from keras_xavier.figures import DARK, DepthProfile, LayerCurves, TrainingCurves
from keras_xavier.figures.data import (
    DepthProfileData,
    LayerCurvesData,
    TrainingCurvesData,
)
from keras_xavier.figures.evidence_marks import EVIDENCE, with_values
from keras_xavier.figures.reading import emphasis_artists, emphasized, readable
from keras_xavier.statistics import Quantity, Statistic

THRESHOLD = ReferenceLine(5.0, "threshold")


def curves(index=0, name="mine"):
    values = np.linspace(0, 1, 8).reshape(4, 2)
    some = dict.fromkeys(("mean", "std", "p2", "p50", "p98", "saturated"), values)
    return LayerCurvesData(
        run=name,
        quantity=Quantity.ACTIVATION,
        layers=("a", "b"),
        steps=np.arange(0, 400, 100),
        index=index,
        **some,
    )


def marks(axes):
    """Kinds and texts of the marks."""
    found = [one for one in axes.get_children() if one.get_gid() == EVIDENCE]
    return [
        one.get_text() if hasattr(one, "get_text") else type(one).__name__
        for one in found
    ]


def drawn(plot, data, evidence, **options):
    plot.marks.evidence = evidence
    plot.update(data, **options)
    return plot


def test_steps_are_shaded_and_the_threshold_is_in_view_with_its_value():
    plot = LayerCurves(Figure())
    drawn(plot, curves(), Evidence("Dead units", (100, 200), (THRESHOLD,)))
    (axes,) = plot.layout.axes
    assert sorted(marks(axes)) == [
        *("Dead units", "Line2D", "Line2D", "Line2D", "Rectangle", "threshold 5")
    ]
    area = next(one for one in axes.patches if one.get_gid() == EVIDENCE)
    assert (area.get_x(), area.get_width()) == (100, 100)
    assert axes.get_ylim()[1] > 5
    assert plot.follow
    # Marks of earlier evidence do not stay.
    drawn(plot, curves(), Evidence("Other", (0, None)))
    assert sorted(marks(axes)) == ["Line2D", "Other", "Rectangle"]
    assert axes.get_ylim()[1] < 5
    drawn(plot, curves(), None)
    assert marks(axes) == []


def test_a_problem_that_remains_is_shaded_to_the_end_of_every_view():
    plot = drawn(LayerCurves(Figure()), curves(), Evidence("Dead", (100, None)))
    (axes,) = plot.layout.axes
    before = axes.get_xlim()
    area = next(one for one in axes.patches if one.get_gid() == EVIDENCE)
    assert area.get_x() + area.get_width() > 1e9
    assert before[1] < 1000


def test_only_panels_of_the_runs_with_the_problem_are_marked():
    plot = LayerCurves(Figure(), style=DARK)
    runs = [curves(3, "well"), curves(7, "sick")]
    evidence = Evidence("Dead", (100, 200), (THRESHOLD,), frozenset({7}))
    drawn(plot, runs, evidence, panels="runs")
    well, sick = plot.layout.axes
    assert marks(well) == []
    assert "threshold 5" in marks(sick)
    # All panels have the same limits.
    assert well.get_ylim()[1] > 5
    drawn(plot, runs, evidence, panels="together")
    assert "Dead" in marks(plot.layout.axes[0])


def test_marks_stay_legible_over_the_veil_of_an_emphasized_line():
    evidence = Evidence("Dead", (100, 200), (THRESHOLD,))
    plot = drawn(LayerCurves(Figure()), curves(), evidence)
    plot.figure.canvas.draw()
    groups = readable(plot)
    chosen = emphasized(groups, None, {"a"})
    _veil, *over = emphasis_artists(groups, chosen, {"a"}, plot.style)
    assert sum(one.get_gid() == EVIDENCE for one in over) == 6


def test_an_export_has_the_marks():
    plot = drawn(
        LayerCurves(Figure()), curves(), Evidence("Dead", (0, 1), (THRESHOLD,))
    )
    assert "threshold 5" in marks(plot.export().axes[0])


def test_a_line_is_in_the_panel_of_its_quantity_or_metric():
    values = {Quantity.ACTIVATION: np.ones(2), Quantity.WEIGHT: np.ones(2)}
    data = DepthProfileData(
        run="mine",
        step=0,
        layers=("a", "b"),
        values=values,
        statistics=dict.fromkeys(values, Statistic.STD),
        wanted=Statistic.STD,
        measured=dict.fromkeys(values, np.ones(2, bool)),
    )
    line = ReferenceLine(1e-4, "threshold ≈", "weight")
    plot = drawn(DepthProfile(Figure()), data, Evidence("Fades", (0, 0), (line,)))
    left, right = plot.layout.axes
    assert marks(left) == []
    assert marks(right) == ["Line2D", "threshold ≈ 0.0001"]
    assert right.get_ylim()[0] < 1e-4 < left.get_ylim()[0]
    steps = np.arange(3)
    metrics = {"loss": (steps, steps / 1.0), "error": (steps, steps / 10)}
    training = TrainingCurvesData(run="mine", metrics=metrics)
    half = ReferenceLine(0.5, "chance", "error")
    plot = drawn(TrainingCurves(Figure()), training, Evidence("Flat", (0, 2), (half,)))
    loss, error = plot.layout.axes
    assert "Flat" in marks(loss)
    assert "chance 50%" in marks(error)


@settings(max_examples=60)
@given(
    scale=st.sampled_from(["linear", "log", "symlog"]),
    low=st.floats(1e-6, 1e3),
    width=st.floats(1e-3, 1e3),
    values=st.lists(st.floats(-1e4, 1e4), max_size=3),
)
def test_limits_include_the_data_and_every_line_that_the_scale_shows(
    scale, low, width, values
):
    axes = Figure().add_subplot()
    axes.set_yscale(scale)
    bottom, top = with_values((low, low + width), values, axes)
    assert bottom <= low * (1 + 1e-9)
    assert top >= (low + width) * (1 - 1e-9)
    for one in values:
        if scale != "log" or one > 0:
            assert bottom <= one + 1e-9 * abs(one)
            assert one <= top + 1e-9 * abs(one)
