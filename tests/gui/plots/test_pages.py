import pytest
from plot_tabs import HISTOGRAMS, LAYER_CURVES, OVERVIEW, UNITS, show

from keras_xavier_gui.qt import Qt

RUNS, LAYERS = 14, 7


@pytest.fixture(scope="module")
def folder(simulation, tmp_path_factory):
    """Two folders with many runs of the same names, and a deep run."""
    made = tmp_path_factory.mktemp("many")
    for i in range(RUNS):
        path = made / "runs" / f"{'ab'[i % 2]}" / f"seed{i // 2 + 4}"
        simulation.write(str(path), records=1, layers=1)
    simulation.write(str(made / "deep"), records=3, layers=LAYERS)
    return made


@pytest.fixture
def window(make_window, qtbot, folder):
    made = make_window(folder / "runs")
    qtbot.waitUntil(lambda: len(made.runs.entries) == RUNS)
    made.run_list.selectAll()
    qtbot.waitUntil(lambda: len(made.plot().data or ()) == RUNS)
    return made


def titles(view):
    view.canvas.draw()
    return [axes.get_title(loc="left") for axes in view.plot.layout.axes]


def texts(view):
    """The title and the remarks of the figure."""
    view.canvas.draw()
    return " ".join(text.get_text() for text in view.canvas.figure.texts)


def listed(run_list):
    """The runs in the list, as the user reads them from top to bottom."""
    found, folder = [], ""
    index = run_list.model().index(0, 0, run_list.rootIndex())
    while index.isValid():
        if run_list.model().rowCount(index):
            folder = index.data()
        else:
            found.append(f"{folder}/{index.data()}")
        index = run_list.indexBelow(index)
    return found


def test_all_runs_can_be_scrolled_to_in_the_order_of_the_list(window, qtbot):
    view = window.plot()
    names = [run.name for run in window.selection.runs]
    assert names == listed(window.run_list)
    assert len({*names}) == RUNS
    first = titles(view)
    assert view.page_bar.isVisible()
    assert f"7 of {RUNS} runs" in texts(view)
    limits = [axes.get_xlim() for axes in view.plot.layout.axes]
    qtbot.keyClick(view.canvas, Qt.Key.Key_PageDown)
    assert first + titles(view) == names
    assert [axes.get_xlim() for axes in view.plot.layout.axes] == limits
    qtbot.keyClick(view.canvas, Qt.Key.Key_PageUp)
    assert titles(view) == first
    window.run_list.choose(window.selection.runs[0].path)
    qtbot.waitUntil(lambda: len(view.data) == 1)
    assert not view.page_bar.isVisible()


def test_compared_runs_have_names_and_colors_of_their_own(window, qtbot):
    view = show(window, qtbot, LAYER_CURVES)
    qtbot.waitUntil(lambda: len(view.data) == RUNS)
    view.options["panels"].setCurrentText("one")
    view.canvas.draw()
    lines = view.plot.layout.axes[0].lines
    assert len({line.get_color() for line in lines if len(line.get_xdata())}) == RUNS
    assert [*dict.fromkeys(view.table().columns["run"])] == listed(window.run_list)


@pytest.mark.parametrize(
    ("tab", "kind"),
    [(HISTOGRAMS, "Histogram map"), (HISTOGRAMS, "Ridgelines"), (UNITS, "Unit map")],
)
def test_all_layers_can_be_scrolled_to(make_window, qtbot, folder, tab, kind):
    window = make_window(folder / "deep.zarr")
    view = show(window, qtbot, tab)
    view.kind.setCurrentText(kind)
    qtbot.waitUntil(
        lambda: view.has_current_data and view.plot.definition().title == kind
    )
    found = []
    assert view.page_bar.isVisible()
    for page in range(view.page_bar.maximum() + 1):
        view.page_bar.setValue(page)
        number = len(found)
        qtbot.waitUntil(lambda: view.data[0].layers[0] not in found[:number])  # noqa: B023
        layers, every = view.data[0].layers, view.data[0].all_layers
        title = f", {len(layers)} of {len(every)} layers"
        qtbot.waitUntil(lambda: title in texts(view))  # noqa: B023
        found += layers
    assert found == [*every]
    assert found[:LAYERS] == [f"hidden_{i + 1}" for i in range(LAYERS)]
    # Back returns to the page.
    qtbot.waitUntil(lambda: window.history._states[-1].page == page)
    window.tabs.setCurrentIndex(OVERVIEW)
    qtbot.waitUntil(lambda: window.history._states[-1].tab == "Overview")
    view.page_bar.setValue(0)
    window.history.back_action.trigger()
    qtbot.waitUntil(lambda: view.page_bar.value() == page)
    qtbot.waitUntil(lambda: view.data[0].layers == layers)
