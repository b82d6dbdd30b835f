"""Bookmarks of views, and commands that show views."""

import json
import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.cli import make_parser
from keras_xavier.figure_spec import spec_from_options
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.bookmarks import KEY, Bookmark, read_bookmarks
from keras_xavier_gui.history.view_state import ViewState
from keras_xavier_gui.history.views import zoom_of
from keras_xavier_gui.plots.export import copy_command
from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.qt import Qt, QtWidgets


@pytest.fixture(scope="module")
def runs(simulation, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name in ("tanh", "relu & co"):
        simulation.write(str(folder / name), records=4, layers=3)
    return folder


def show_some_view(window, qtbot):
    """Shows two runs with unusual options."""
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2 and window.tabs.count() > 0)
    qtbot.waitUntil(lambda: len(window.selection.runs) == 1)
    window.run_list.selectAll()
    window.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    qtbot.waitUntil(lambda: window.plot().data and len(window.plot().data) == 2)
    options = window.plot().options
    options["quantity"].setCurrentText("weight W")
    options["panels"].setCurrentText("one per layer")
    options["smoothing"].setValue(200)
    options["log_steps"].setChecked(True)
    window.selection.show_only(["hidden_1", "output"])
    window.selection.go_to(100)
    qtbot.waitUntil(lambda: not window.plot().is_reading)
    window.plot().canvas.zoom_in()


def assert_shows_the_view(window, qtbot):
    qtbot.waitUntil(lambda: len(window.selection.runs) == 2)
    qtbot.waitUntil(lambda: window.plot() is window.tabs.widget(1))
    options = window.plot().options
    qtbot.waitUntil(lambda: options["quantity"].currentText() == "weight W")
    assert options["panels"].currentText() == "one per layer"
    assert options["smoothing"].value() == 200
    assert options["log_steps"].isChecked()
    qtbot.waitUntil(lambda: window.selection.hidden >= {"hidden_2", "hidden_3"})
    assert not window.selection.hidden & {"hidden_1", "output"}
    assert window.selection.step == 100


def items_of(window):
    menu = window.bookmarks.menu
    menu.aboutToShow.emit()
    return {one.text(): one for one in menu.actions() if not one.isSeparator()}


def test_a_bookmark_shows_its_view_another_day(make_window, qtbot, runs, monkeypatch):
    window = make_window(runs)
    show_some_view(window, qtbot)
    names = iter(["weights & biases", "weights & biases", "  "])
    monkeypatch.setattr(
        QtWidgets.QInputDialog, "getText", lambda *args, **_: (next(names), True)
    )
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert [*items_of(window)] == ["&Add bookmark …", "weights && biases", "&Remove"]
    zoomed = zoom_of(window.plot())
    window.close()
    # Its runs are opened.
    again = make_window()
    items_of(again)["weights && biases"].trigger()
    qtbot.waitUntil(lambda: len(again.runs.entries) == 2)
    assert_shows_the_view(again, qtbot)
    qtbot.waitUntil(lambda: zoom_of(again.plot()) == zoomed)
    (remove,) = items_of(again)["&Remove"].menu().actions()
    remove.trigger()
    assert [*items_of(again)] == ["&Add bookmark …", "No bookmarks"]


def test_the_copied_command_shows_the_same_view(make_window, qtbot, runs):
    window = make_window(runs)
    show_some_view(window, qtbot)
    copy_command(window.plot())
    command = QtWidgets.QApplication.clipboard().text()
    assert window.statusBar().currentMessage() == "Command copied, without the zoom"
    window.plot().reset_view()
    copy_command(window.plot())
    assert window.statusBar().currentMessage() == "Command copied"
    assert QtWidgets.QApplication.clipboard().text() == command
    program, *words = shlex.split(command)
    assert program == "keras-xavier"
    options = make_parser().parse_args(words)
    # Options of last time do not change the figure.
    window.plot().options["panels"].setCurrentText("one")
    window.plot().options["scale"].setCurrentText("symlog")
    window.selection.show_only(["hidden_2"])
    window.close()
    again = make_window(*options.paths, spec=spec_from_options(options))
    assert_shows_the_view(again, qtbot)
    assert again.plot().options["scale"].currentText() == "automatic"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["name", "view", "runs", "tab", "figure", "options", "step", "views"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
VIEWS = st.fixed_dictionaries(
    {"tab": st.just("Overview") | JSON},
    optional={
        "figure": st.sampled_from(["overview", "histograms"]) | JSON,
        "options": st.dictionaries(
            st.sampled_from(["quantity", "scale", "smoothing", "nonsense"]), JSON
        ),
        "step": JSON,
        "views": JSON,
        "runs": JSON,
    },
)
BOOKMARKS = JSON | st.lists(st.fixed_dictionaries({"name": st.text(), "view": VIEWS}))


@given(BOOKMARKS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bookmarks_are_left_out(tmp_path, values):
    path = tmp_path / "preferences.json"
    path.write_text(json.dumps({KEY: values}))
    for one in read_bookmarks(Preferences(path)):
        assert one.name.strip()
        assert isinstance(one.view.tab, str)


def test_bookmarks_beside_damaged_ones_are_kept(make_window):
    good = {"name": "good", "view": {"tab": "Overview"}}
    stored.open_preferences().update({KEY: [good, {"name": 7}, None, {"view": {}}]})
    assert [*items_of(make_window())] == ["&Add bookmark …", "good", "&Remove"]


def test_a_long_name_is_given_once(make_window, qtbot, runs, monkeypatch):
    window = make_window(runs)
    qtbot.waitUntil(lambda: len(window.selection.runs) == 1 and window.tabs.count() > 0)
    monkeypatch.setattr(
        QtWidgets.QInputDialog, "getText", lambda *args, **_: ("x" * 200, True)
    )
    for _ in range(2):
        window.bookmarks.ask_to_add()
    assert len(read_bookmarks(window.preferences)) == 1


def test_reopening_the_menu_deletes_former_items(make_window, qtbot):
    good = {"name": "good", "view": {"tab": "Overview"}}
    stored.open_preferences().update({KEY: [good]})
    window = make_window()
    items_of(window)
    count = len(window.bookmarks.menu.children())
    for _ in range(3):
        items_of(window)
    qtbot.waitUntil(lambda: len(window.bookmarks.menu.children()) == count)


def test_runs_are_opened_beside_others_and_lost_runs_are_left_out(
    make_window, qtbot, runs, simulation, tmp_path
):
    simulation.write(str(tmp_path / "other"), records=4, layers=3)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: len(window.selection.runs) == 1 and window.tabs.count() > 0)
    tab = window.tabs.widget(2).accessibleName()
    window.bookmarks.show(Bookmark("gone", ViewState(("/gone.zarr",), tab)))
    assert window.tabs.current().accessibleName() == tab
    assert [run.name for run in window.selection.runs] == ["other"]
    other = ViewState(
        (str(runs / "tanh.zarr"),), window.tabs.widget(1).accessibleName()
    )
    window.bookmarks.show(Bookmark("tanh", other))
    assert window.tabs.currentIndex() == 1
    qtbot.waitUntil(lambda: [run.name for run in window.selection.runs] == ["tanh"])
