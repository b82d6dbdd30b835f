import pytest

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.qt import QtCore


def test_what_was_opened_last_comes_first_and_once():
    settings = stored.open_preferences()
    assert stored.recent_paths(settings) == []
    stored.add_recent(settings, ["/runs/a"])
    settings.sync()
    assert stored.recent_paths(stored.open_preferences()) == ["/runs/a"]
    stored.add_recent(settings, ["/runs/b"])
    stored.add_recent(settings, ["/runs/a"])
    assert stored.recent_paths(settings) == ["/runs/a", "/runs/b"]


def test_the_list_of_what_was_opened_stays_short():
    settings = stored.open_preferences()
    for number in range(30):
        stored.add_recent(settings, [f"/runs/{number}"])
    assert len(stored.recent_paths(settings)) == stored.MAX_RECENT


def test_the_window_comes_back_as_it_was(make_window):
    window = make_window()
    window.resize(window.width(), 500)
    lists = window.splitters["lists"]
    lists.setSizes([lists.height() - 150, 150])
    sizes = lists.sizes()
    window.close()
    again = make_window()
    assert again.height() == 500
    assert again.splitters["lists"].sizes() == sizes


def test_tabs_and_their_controls_come_back_as_they_were(make_window):
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


@pytest.mark.parametrize("stored", ["", "nonsense", "-7", "99999999999999999999"])
def test_controls_that_were_set_to_nonsense_are_as_at_first(make_window, stored):
    settings = stored.open_preferences()
    for name in ("Axis", "Smoothing", "Log steps", "Band"):
        settings.setValue(f"Layer curves/{name}", stored)
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
def test_whatever_the_settings_say_the_app_starts(
    fresh_preferences, make_window, content
):
    file = fresh_preferences / "keras-xavier" / "keras-xavier.ini"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    window = make_window()
    assert window.isVisible()
    assert window.width() > 200


def test_settings_that_cannot_be_written_do_no_harm(fresh_preferences, make_window):
    fresh_preferences.write_text("a file where the folder should be")
    window = make_window()
    window.close()
    assert stored.open_preferences().status() != QtCore.QSettings.Status.NoError
