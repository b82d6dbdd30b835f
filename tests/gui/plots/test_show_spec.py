"""A `FigureSpec` selects the tab, the figure and its options."""

import pytest

from keras_xavier.figure_spec import FIGURES, Band, FigureSpec
from keras_xavier.statistics import QUANTITIES, STATISTICS, Quantity, Statistic


@pytest.fixture
def window(make_window, simulation, tmp_path, qtbot):
    for name in ("b", "a", "c"):
        simulation.write(str(tmp_path / name), records=4, layers=2)
    made = make_window(tmp_path / "b.zarr", tmp_path / "a.zarr")
    qtbot.waitUntil(lambda: len(made.selection.runs) == 2)
    return made


def test_named_runs_are_compared_in_the_order_of_the_list(window):
    assert [run.name for run in window.selection.runs] == ["a", "b"]


def test_every_figure_has_a_tab(window):
    tabs = map(window.tabs.widget, range(window.tabs.count()))
    names = [name for tab in tabs for name in getattr(tab, "names", ())]
    assert sorted(names) == sorted(FIGURES)


def test_every_figure_is_shown_by_its_name(window, qtbot):
    for name in FIGURES:
        window.show_spec(FigureSpec(figure=name))
        assert name in window.plot().names
        qtbot.waitUntil(lambda: window.plot().data is not None)


def test_histograms_of_a_quantity_at_a_step(window, qtbot):
    step = int(window.selection.run.steps[1])
    quantity = Quantity.WEIGHT_GRADIENT
    window.show_spec(FigureSpec(figure="histograms", quantity=quantity, step=step))
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None and view.data[0].step == step)
    assert [one.quantity for one in view.data] == [quantity] * 2


def test_layer_curves_as_in_figure_3(window):
    window.show_spec(
        FigureSpec(
            figure="layer-curves", quantity=Quantity.ACTIVATION, band=Band.P98_AND_STD
        )
    )
    values = window.plot().values()
    assert values["quantity"] is Quantity.ACTIVATION
    assert values["band"] is Band.P98_AND_STD
    assert window.plot().options["band"].currentText() == "std. and 98th percentile"
    window.show_spec(FigureSpec(figure="saturation"))
    values = window.plot().values()
    assert values["quantity"] is Quantity.ACTIVATION
    assert window.plot().figure is FIGURES["saturation"]


def test_theory_is_shown_and_hidden(window):
    for theory in (True, False):
        for figure in ("layer-curves", "depth-profile"):
            window.show_spec(FigureSpec(figure, theory=theory))
            assert window.plot().options["theory"].isChecked() is theory


def test_an_overview_of_any_statistic(window):
    for statistic in STATISTICS:
        window.show_spec(FigureSpec(figure="overview", statistic=Statistic(statistic)))
        assert window.plot().values()["statistic"] == statistic
        shown = window.plot().options["statistic"].currentText()
        assert shown == statistic.short_label


@pytest.mark.parametrize("step", [-5, 150])
def test_a_step_that_was_not_recorded_is_reported(window, step):
    window.show_spec(FigureSpec(step=step))
    message = window.statusBar().currentMessage()
    assert message.startswith(f"Step {step} is not recorded; the nearest is ")


def test_a_step_is_checked_once_a_run_is_read(make_window, qtbot, tmp_path, window):
    window.close()
    other = make_window()
    other.show_spec(FigureSpec(step=20_000))
    assert not other.statusBar().currentMessage()
    other.open([str(tmp_path / "c.zarr")])
    qtbot.waitUntil(lambda: "Step 20,000" in other.statusBar().currentMessage())


def test_an_empty_spec_changes_nothing(window):
    window.tabs.setCurrentIndex(3)
    window.show_spec(FigureSpec())
    assert window.tabs.currentIndex() == 3
    assert window.selection.step is None


def test_every_quantity_can_be_selected(window):
    for quantity in map(Quantity, QUANTITIES):
        for plot in ("overview", "layer-curves", "ridgelines"):
            window.show_spec(FigureSpec(figure=plot, quantity=quantity))
            shown = window.plot().options["quantity"].currentText()
            assert shown == quantity.short_label
