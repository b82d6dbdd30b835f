import pytest

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.qt import QtCore


def test_recent_paths_are_listed_once_latest_first():
    preferences = stored.open_preferences()
    assert stored.recent_paths(preferences) == []
    stored.add_recent(preferences, ["/runs/a"])
    preferences.sync()
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


@pytest.mark.parametrize("value", ["", "nonsense", "-7", "99999999999999999999"])
def test_invalid_values_of_controls_are_ignored(make_window, value):
    preferences = stored.open_preferences()
    for name in ("Axis", "Smoothing", "Log steps", "Band"):
        preferences.setValue(f"Layer curves/{name}", value)
    window = make_window()
    curves = window.tabs.widget(1)
    assert curves.options["scale"].currentText() == "automatic"
    assert not curves.options["log_steps"].isChecked()
    smoothing = curves.options["smoothing"]
    assert smoothing.value() in (0, smoothing.maximum())


@pytest.mark.qt_log_ignore("QVariant::load")
@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff\xfe not an INI file [",
        b"[window]\ngeometry=@ByteArray(rubbish)\ncolumns=7\n[recent]\npaths=3.5\n",
        b'["Layer curves"]\nAxis=@Variant(\\0\\0)\nSmoothing=@Rect(1 2 3 4)\n',
        b"[window]\ngeometry=@Variant(\\0\\0\\0\\x7f)\nlists=@Invalid()\n",
    ],
)
def test_the_app_starts_with_any_preferences(fresh_preferences, make_window, content):
    file = fresh_preferences / "keras-xavier" / "keras-xavier.ini"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    window = make_window()
    assert window.isVisible()
    assert window.width() > 200


def test_preferences_that_cannot_be_written_are_ignored(fresh_preferences, make_window):
    fresh_preferences.write_text("a file where the folder should be")
    window = make_window()
    window.close()
    assert stored.open_preferences().status() != QtCore.QSettings.Status.NoError
