import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.bookmarks import read_bookmarks
from keras_xavier_gui.plots.export_options import restore as restore_export_options
from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.qt import QtCore, QtWidgets
from keras_xavier_gui.tab_preferences import restore_tabs
from keras_xavier_gui.theme import Theme, apply_theme, font_size, set_font_size


def test_recent_paths_are_listed_once_latest_first():
    preferences = stored.open_preferences()
    assert stored.recent_paths(preferences) == []
    stored.add_recent(preferences, ["/runs/a"])
    assert stored.recent_paths(stored.open_preferences()) == ["/runs/a"]
    stored.add_recent(preferences, ["/runs/b"])
    stored.add_recent(preferences, ["/runs/a"])
    assert stored.recent_paths(preferences) == ["/runs/a", "/runs/b"]


def test_the_number_of_recent_paths_is_limited():
    preferences = stored.open_preferences()
    for number in range(30):
        stored.add_recent(preferences, [f"/runs/{number}"])
    assert len(stored.recent_paths(preferences)) == stored.MAX_RECENT


def test_the_layout_of_the_window_is_restored(make_window):
    window = make_window()
    window.resize(window.width(), 500)
    lists = window.splitters["lists"]
    lists.setSizes([lists.height() - 150, 150])
    sizes = lists.sizes()
    window.close()
    again = make_window()
    assert again.height() == 500
    assert again.splitters["lists"].sizes() == sizes


def test_tabs_and_their_controls_are_restored(make_window):
    window = make_window()
    curves = window.tabs.widget(1)
    assert curves.options["smoothing"].value() == 0
    curves.options["scale"].setCurrentText("symlog")
    curves.options["smoothing"].setValue(300)
    curves.options["log_steps"].setChecked(True)
    window.tabs.widget(2).kind.setCurrentText("Ridgelines")
    window.tabs.setCurrentIndex(2)
    window.close()
    again = make_window()
    assert again.tabs.currentIndex() == 2
    curves = again.tabs.widget(1)
    assert curves.options["scale"].currentText() == "symlog"
    assert curves.options["band"].currentIndex() == 0
    assert curves.options["smoothing"].value() == 300
    assert curves.options["log_steps"].isChecked()
    assert not curves.options["full_range"].isChecked()
    assert again.tabs.widget(2).kind.currentText() == "Ridgelines"


INVALID = ["", "nonsense", -7, 10**30, 1.5, True, None, [], {"a": 1}]


@pytest.mark.parametrize("value", INVALID)
def test_invalid_values_of_controls_are_ignored(make_window, value):
    names = ("Axis", "Smoothing", "Log steps", "Band")
    stored.open_preferences().update({f"Layer curves/{name}": value for name in names})
    window = make_window()
    curves = window.tabs.widget(1)
    assert curves.options["scale"].currentText() == "automatic"
    assert curves.options["log_steps"].isChecked() == (value is True)
    assert curves.options["smoothing"].value() == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe not a JSON file [",
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"window/geometry": ' + b"9" * 5000 + b"}",
        b'{"window/geometry": [0, 0, 0, 0], "window/maximized": 7}',
        b'{"window/geometry": [-99999, 99999, 99999, 99999]}',
        b'{"runs/columns": "wide", "recent/paths": 3.5, "export/folder": ["/"]}',
    ],
)
def test_the_app_starts_with_any_preferences(fresh_preferences, make_window, content):
    fresh_preferences.parent.mkdir(parents=True)
    fresh_preferences.write_bytes(content)
    window = make_window()
    assert window.isVisible()
    assert window.width() > 200
    window.close()
    # A damaged file is replaced.
    assert json.loads(fresh_preferences.read_bytes())["window/tab"] == 0


NUMBERS = st.one_of(st.integers(-3, 12), st.integers(), st.floats(), st.booleans())
LISTS = st.lists(NUMBERS, max_size=9)
KEYS = [stored.GEOMETRY, stored.MAXIMIZED, "window/columns"]


@given(values=st.dictionaries(st.sampled_from(KEYS), LISTS))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_numbers_leave_a_usable_layout(qapp, tmp_path, values):
    window = QtWidgets.QMainWindow()
    splitter = QtWidgets.QSplitter()
    splitter.addWidget(QtWidgets.QLabel())
    splitter.addWidget(QtWidgets.QLabel())
    preferences = Preferences(tmp_path / "preferences.json")
    preferences.update(values)
    stored.restore_layout(preferences, window, {"columns": splitter})
    screen = window.screen().availableGeometry()
    assert window.width() <= screen.width() + 1
    stored.save_layout(preferences, window, {"columns": splitter})
    for widget in (window, splitter):
        widget.deleteLater()
    QtWidgets.QApplication.sendPostedEvents(None, QtCore.QEvent.Type.DeferredDelete)


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_as_preferences(tmp_path, content):
    path = tmp_path / "preferences.json"
    path.write_bytes(content)
    preferences = Preferences(path)
    preferences.update({"look/theme": "dark"})
    assert Preferences(path).text("look/theme") == "dark"


JSON = st.recursive(
    st.none() | NUMBERS | st.text(max_size=9) | st.sampled_from(["\ud800", "\0", "/"]),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_any_value_of_any_preference_leaves_a_usable_window(
    make_window, qtbot, fresh_preferences, simulation, tmp_path
):
    simulation.write(str(tmp_path / "tanh"), records=2, layers=2)
    window = make_window(tmp_path / "tanh.zarr")
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.close()
    known = sorted(json.loads(fresh_preferences.read_bytes()))
    assert len(known) > 30
    again = make_window()

    @given(values=st.dictionaries(st.sampled_from(known), JSON, min_size=3))
    @settings(max_examples=15, deadline=None)
    def restore(values):
        fresh_preferences.write_text(json.dumps(values))
        preferences = Preferences(fresh_preferences)
        again.preferences._values = preferences._values
        stored.restore_appearance(preferences)
        stored.restore_layout(preferences, again, again.splitters)
        again.run_panel.restore()
        restore_tabs(preferences, again.tabs)
        again.pages.welcome.set_recent(stored.recent_paths(preferences))
        assert read_bookmarks(preferences) == []
        assert not restore_export_options(preferences).problem()
        assert stored.lesson_width(preferences) >= 0
        assert isinstance(stored.export_folder(preferences), str)
        assert again.width() > 200
        assert again.tabs.current() is not None

    before = font_size()
    try:
        restore()
    finally:
        apply_theme(Theme.SYSTEM)
        set_font_size(before)
    QtWidgets.QApplication.processEvents()


def test_several_windows_keep_each_other_s_preferences(fresh_preferences):
    one, other = Preferences(fresh_preferences), Preferences(fresh_preferences)
    one.update({"look/theme": "dark"})
    other.update({"lesson/width": 300})
    again = Preferences(fresh_preferences)
    assert again.text("look/theme") == "dark"
    assert again.number("lesson/width") == 300


def test_files_that_can_hold_pickled_objects_are_not_read(tmp_path, monkeypatch):
    """PyQt5 unpickles some values of a `QSettings` file, which runs code."""
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    earlier = QtCore.QSettings(
        str(tmp_path / "keras-xavier" / "keras-xavier.ini"),
        QtCore.QSettings.Format.IniFormat,
    )
    earlier.setValue("look/theme", "dark")
    earlier.sync()
    assert stored.theme_of(stored.open_preferences()) == Theme.SYSTEM


def test_preferences_that_cannot_be_written_are_ignored(
    fresh_preferences, make_window, caplog
):
    fresh_preferences.parent.write_text("a file where the folder should be")
    window = make_window()
    window.close()
    assert "Preferences cannot be stored" in caplog.text
