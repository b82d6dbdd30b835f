import numpy as np
import pytest

from keras_xavier.figures import DARK, LIGHT
from keras_xavier_gui.qt import Qt, QtGui, QtWidgets

OVER_TIME, GRADIENTS, ACTIVATIONS, CURVES = range(4)


@pytest.fixture
def run(simulation, tmp_path):
    """A run with six records that is still open, and its writer."""
    writer = simulation.write(str(tmp_path / "tanh"), records=6, layers=3, close=False)
    yield writer
    writer.close()


@pytest.fixture
def window(make_window, qtbot, run):
    made = make_window(run.path)
    qtbot.waitUntil(lambda: made.picture().data is not None)
    return made


@pytest.fixture
def go_on(simulation, run):
    """Writes some more records."""
    random = np.random.default_rng(1)
    last = 500

    def write(records=3):
        nonlocal last
        for _ in range(records):
            last += 100
            run.record(last, simulation.measure(simulation.layers_of(3), last, random))
            run.log(last, {"loss": 1.0, "error": 0.5})
        run.flush()
        return last

    return write


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.picture().data is not None)
    return window.picture()


def limits(view):
    return [(*axes.get_xlim(), *axes.get_ylim()) for axes in view.canvas.figure.axes]


def last_step(view):
    data = view.data
    if isinstance(data, tuple):
        return data[0].metrics["loss"][0][-1]
    return data.steps[-1] if hasattr(data, "steps") else data.step


@pytest.mark.parametrize("tab", [OVER_TIME, GRADIENTS, ACTIVATIONS, CURVES])
def test_new_points_appear_and_the_view_follows(window, qtbot, go_on, tab):
    view = show(window, qtbot, tab)
    assert last_step(view) == 500
    before = limits(view)
    last = go_on()
    qtbot.waitUntil(lambda: last_step(view) == last)
    assert limits(view) != before
    assert view.picture.follow


@pytest.mark.parametrize("tab", [OVER_TIME, GRADIENTS, ACTIVATIONS, CURVES])
def test_what_the_user_has_zoomed_stays_when_data_arrive(window, qtbot, go_on, tab):
    view = show(window, qtbot, tab)
    qtbot.waitUntil(lambda: limits(view)[0][1] != 1)
    view.canvas.zoom_in()
    before = limits(view)
    last = go_on()
    qtbot.waitUntil(lambda: last_step(view) == last)
    view.canvas.draw()
    assert limits(view) == before
    view.reset_view()
    assert limits(view) != before


def test_the_zoom_stays_from_step_to_step_but_not_from_run_to_run(
    window, qtbot, simulation, tmp_path
):
    simulation.write(str(tmp_path / "other"), records=9, layers=3)
    view = show(window, qtbot, GRADIENTS)
    view.canvas.zoom_in()
    zoomed = limits(view)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: view.data.step == 400)
    assert limits(view) == zoomed
    window.open([str(tmp_path / "other")])
    qtbot.waitUntil(lambda: view.data is not None and view.data.run == "other")
    assert limits(view) != zoomed
    assert view.picture.follow


def test_the_chosen_step_stays_and_is_shared_by_both_histograms(window, qtbot, go_on):
    view = show(window, qtbot, GRADIENTS)
    view.scrubber.slider.setValue(2)
    qtbot.waitUntil(lambda: view.data.step == 200)
    go_on()
    qtbot.waitUntil(lambda: view.scrubber.slider.maximum() == 8)
    assert view.data.step == 200
    view = show(window, qtbot, ACTIVATIONS)
    assert view.data.step == 200
    assert view.scrubber.slider.value() == 2


def test_hidden_layers_are_not_drawn(window, qtbot):
    view = show(window, qtbot, OVER_TIME)
    window.layer_list.check_listed(checked=False)
    window.choice.set_hidden(window.choice.hidden - {"hidden_2"})
    (axes,) = view.canvas.figure.axes
    assert [line.get_visible() for line in axes.lines] == [False, True, False, False]
    assert "hidden_2" in view.canvas.accessibleDescription()
    assert "hidden_1" not in view.canvas.accessibleDescription()


def test_the_band_can_be_chosen(window, qtbot):
    view = show(window, qtbot, OVER_TIME)
    (axes,) = view.canvas.figure.axes
    view.canvas.draw()
    mean = axes.lines[0].get_ydata()
    qtbot.keyClick(view.band, Qt.Key.Key_Down)
    view.canvas.draw()
    median = axes.lines[0].get_ydata()
    assert not np.array_equal(mean, median)
    np.testing.assert_allclose(median, view.data.p50[:, 0])


def test_the_quantity_of_the_gradients_can_be_chosen(window, qtbot):
    view = show(window, qtbot, GRADIENTS)
    assert view.data.quantity == "preactivation_gradient"
    qtbot.keyClick(view.quantity, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: view.data.quantity == "weight_gradient")


def test_the_curves_are_those_of_all_chosen_runs(window, qtbot, simulation, tmp_path):
    simulation.write(str(tmp_path / "other"), records=3, layers=2)
    window.open([str(tmp_path)])
    qtbot.waitUntil(lambda: window.runs.rowCount() == 2)
    view = show(window, qtbot, CURVES)
    window.run_list.selectAll()
    qtbot.waitUntil(lambda: {one.run for one in view.data} == {"other", "tanh"})
    indices = {one.run: one.index for one in view.data}
    assert len(set(indices.values())) == 2
    window.run_list.choose(str(tmp_path / "other.zarr"))
    qtbot.waitUntil(lambda: len(view.data) == 1)
    assert view.data[0].index == indices["other"]


def test_only_the_picture_that_is_seen_is_drawn(window, qtbot, go_on, monkeypatch):
    hidden = window.tabs.widget(CURVES)
    show(window, qtbot, OVER_TIME)
    drawn = []
    monkeypatch.setattr(hidden, "update_picture", drawn.append)
    last = go_on()
    qtbot.waitUntil(lambda: last_step(window.picture()) == last)
    assert drawn == []
    assert hidden.data is None


def test_a_fast_scrubber_piles_up_no_work(window, qtbot):
    view = show(window, qtbot, GRADIENTS)
    read = []
    request = view.request
    view.request = lambda: read.append(1) or request()
    for record in (0, 3, 1, 4, 2, 0, 3, 1):
        view.scrubber.slider.setValue(record)
    qtbot.waitUntil(lambda: view.data.step == 100)
    assert len(read) < 8


def test_pictures_are_described_in_words(window, qtbot):
    words = {
        OVER_TIME: "mean",
        GRADIENTS: "values",
        ACTIVATIONS: "at step",
        CURVES: "loss",
    }
    for tab, word in words.items():
        view = show(window, qtbot, tab)
        qtbot.waitUntil(lambda view=view: bool(view.canvas.accessibleDescription()))
        assert "tanh" in view.canvas.accessibleDescription()
        assert word in view.canvas.accessibleDescription()


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_can_be_saved(window, qtbot, tmp_path, monkeypatch, suffix):
    view = show(window, qtbot, OVER_TIME)
    path = tmp_path / f"picture.{suffix}"
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda *args: (str(path), "")
    )
    view.save()
    assert path.stat().st_size > 1000


def test_a_picture_that_cannot_be_saved_says_so(window, qtbot, tmp_path, monkeypatch):
    view = show(window, qtbot, OVER_TIME)
    said = []
    monkeypatch.setattr(
        QtWidgets.QFileDialog,
        "getSaveFileName",
        lambda *args: (str(tmp_path / "absent" / "picture.png"), ""),
    )
    monkeypatch.setattr(
        QtWidgets.QMessageBox, "warning", lambda *args: said.append(args[-1])
    )
    view.save()
    assert "absent" in said[0]


def test_pictures_follow_a_dark_palette(window, qtbot):
    view = show(window, qtbot, OVER_TIME)
    assert view.picture.style is LIGHT
    palette = QtGui.QPalette(QtGui.QColor("#202020"))
    window.setPalette(palette)
    qtbot.waitUntil(lambda: view.picture.style is DARK)
    assert view.canvas.figure.get_facecolor()[:3] == pytest.approx(
        (0.118,) * 3, abs=0.01
    )


def test_the_mouse_tells_where_it_is(window, qtbot):
    view = show(window, qtbot, OVER_TIME)
    view.canvas.draw()
    qtbot.mouseMove(view.canvas, view.canvas.rect().center())
    qtbot.waitUntil(lambda: view._position.text().startswith("step "))
