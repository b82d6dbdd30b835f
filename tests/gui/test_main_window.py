import shutil
import threading

import pytest

from keras_xavier.runs import State
from keras_xavier_gui.preferences import recent_paths
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.sources.run_cache import RunCache
from keras_xavier_gui.widgets.error_log import ErrorLog, catching


@pytest.fixture
def runs(simulation, tmp_path):
    """A folder of two finished runs and a broken one."""
    folder = tmp_path / "runs"
    for name, layers in (("tanh", 3), ("sigmoid", 2)):
        simulation.write(str(folder / name), records=4, layers=layers)
    (folder / "broken.zarr").mkdir()
    (folder / "broken.zarr" / "zarr.json").write_text("{")
    return folder


def is_shown(window, run):
    data = window.plot().data
    first = data[0] if isinstance(data, tuple) else data
    return first is not None and first.run == run


def visible_message(window):
    page = window.pages.currentWidget()
    if page.isAncestorOf(window.tabs):
        page = window.plot()._stack.currentWidget()
    if window.plot() and page is window.plot().canvas:
        return "", ""
    return page.headline.text(), page.text.text()


def test_without_runs_the_window_shows_how_to_record_one(make_window, qtbot):
    window = make_window()
    assert visible_message(window)[0] == "No run is open"
    code = [
        label.text() for label in window.pages.welcome.findChildren(QtWidgets.QLabel)
    ]
    assert any("keras-xavier train" in text for text in code)
    assert any("LayerStatistics" in text for text in code)


def test_an_empty_folder_is_watched(make_window, qtbot, simulation, tmp_path):
    window = make_window(tmp_path, tmp_path / "absent")
    qtbot.waitUntil(lambda: visible_message(window)[0] == "No runs yet")
    assert "absent does not exist" in visible_message(window)[1]
    simulation.write(str(tmp_path / "tanh"), records=2)
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))


@pytest.mark.parametrize(
    ("slow", "tab"), [("refresh", 0), ("refresh", -2), ("read", 0), ("read", 1)]
)
def test_a_message_is_shown_while_a_run_is_read(
    make_window, qtbot, runs, monkeypatch, slow, tab
):
    waiting, go = threading.Event(), threading.Event()
    method = getattr(RunCache, slow)

    def wait(*args):
        waiting.set()
        assert go.wait(10)
        return method(*args)

    window = make_window(runs)
    window.tabs.setCurrentIndex(tab % window.tabs.count())
    qtbot.waitUntil(lambda: len(window.selection.runs) == 1)
    window.run_list.clearSelection()
    texts = ["Select a run in the list on the left."]
    qtbot.waitUntil(lambda: message_of(window) == texts[0])
    monkeypatch.setattr(RunCache, slow, wait)
    window.run_list.choose(str(runs / "tanh.zarr"))
    qtbot.waitUntil(waiting.is_set)
    assert message_of(window) == "Reading …"
    go.set()
    qtbot.waitUntil(lambda: message_of(window) not in (*texts, "Reading …"))


def message_of(window):
    """The message of the current tab."""
    if window.plot() is None:
        return window.tabs.currentWidget()._message.text()
    return visible_message(window)[0]


def test_a_run_without_records_shows_a_message(
    make_window, qtbot, simulation, tmp_path
):
    writer = simulation.write(str(tmp_path / "tanh"), records=0, close=False)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: "no records yet" in visible_message(window)[0])
    writer.close()
    qtbot.waitUntil(lambda: "ended before" in visible_message(window)[0])


def test_a_broken_run_shows_its_reason_and_others_are_unaffected(
    make_window, qtbot, runs
):
    window = make_window(runs)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.run_list.choose(str(runs / "broken.zarr"))
    qtbot.waitUntil(lambda: "cannot be read" in visible_message(window)[0])
    assert "zarr.json" in visible_message(window)[1]
    assert window.status.text.text().startswith("broken: broken")
    window.run_list.choose(str(runs / "tanh.zarr"))
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    assert window.windowTitle().startswith("tanh")


@pytest.mark.parametrize("tab", [0, 1, 2])
def test_a_run_that_vanishes_and_returns_is_shown_again(make_window, qtbot, runs, tab):
    window = make_window(runs / "tanh")
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    (runs / "tanh.zarr").rename(runs / "elsewhere")
    qtbot.waitUntil(lambda: "no longer exists" in " ".join(visible_message(window)))
    qtbot.waitUntil(lambda: window.runs.entries[0].run.state is State.BROKEN)
    (runs / "elsewhere").rename(runs / "tanh.zarr")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))


def test_an_overwritten_run_is_read_again(make_window, qtbot, runs, simulation):
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    simulation.write(str(runs / "tanh"), records=7, layers=5, mode="overwrite")
    qtbot.waitUntil(
        lambda: is_shown(window, "tanh") and len(window.plot().data[0].steps) == 7
    )
    assert window.layer_list.model.rowCount() == 6


def test_a_damaged_chunk_is_reported(make_window, qtbot, runs):
    for chunk in (runs / "tanh.zarr" / "statistics").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"rubbish")
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: visible_message(window)[0] == "tanh cannot be read.")
    assert "records cannot be read" in visible_message(window)[1]
    assert window.runs.entries[0].run.reason


def test_runs_open_by_drop(make_window, qtbot, runs):
    window = make_window()
    mime = QtCore.QMimeData()
    mime.setUrls([QtCore.QUrl.fromLocalFile(str(runs / "tanh.zarr"))])
    exact, actions = QtCore.QPointF(300, 300), Qt.DropAction.CopyAction
    version = tuple(map(int, QtCore.qVersion().split(".")))
    position = exact if version >= (6, 12) else exact.toPoint()
    buttons = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QtGui.QDragEnterEvent(position, actions, mime, *buttons)
    QtWidgets.QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QtGui.QDropEvent(exact, actions, mime, *buttons)
    QtWidgets.QApplication.sendEvent(window, drop)
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))


def test_opening_a_file_that_is_not_a_run_shows_a_message(make_window, tmp_path):
    window = make_window()
    (tmp_path / "notes.txt").write_text("")
    window.open([str(tmp_path / "notes.txt")])
    assert "not a run" in window.statusBar().currentMessage()
    assert window.watcher.sources == ()


def test_runs_open_by_menu(make_window, qtbot, runs, monkeypatch):
    window = make_window()
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getExistingDirectory", lambda *args: str(runs)
    )
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 3)


def test_recent_paths_are_offered_on_the_welcome_page(make_window, qtbot, runs):
    window = make_window(runs)
    window.close()
    again = make_window()
    assert recent_paths(again.preferences) == [str(runs)]
    buttons = again.pages.welcome.findChildren(QtWidgets.QToolButton)
    (button,) = [one for one in buttons if one.text() == str(runs)]
    button.click()
    qtbot.waitUntil(lambda: len(again.runs.entries) == 3)


def test_recent_paths_are_offered_in_the_menu(make_window, qtbot, runs, simulation):
    other = runs.parent / "a & b"
    simulation.write(str(other / "relu"), records=1)
    make_window(runs, other).close()
    window = make_window(runs)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 3)
    (menu,) = [
        one
        for one in window.findChildren(QtWidgets.QMenu)
        if one.title() == "Open &recent"
    ]
    menu.aboutToShow.emit()
    # Open paths are not offered.
    (action,) = menu.actions()
    assert action.text() == str(other).replace("&", "&&")
    action.trigger()
    qtbot.waitUntil(lambda: is_shown(window, "relu"))
    assert len(window.runs.entries) == 4


def test_missing_paths_are_reported_and_others_opened(
    make_window, qtbot, runs, tmp_path
):
    (tmp_path / "file.zarr").write_text("")
    window = make_window(runs, tmp_path / "nowhere", tmp_path / "file.zarr")
    notice = window.statusBar().currentMessage()
    assert "nowhere does not exist" in notice
    assert "file.zarr is a file" in notice
    other = make_window(tmp_path / "file.zarr")
    qtbot.waitUntil(lambda: "file.zarr is a file" in visible_message(other)[1])


def test_a_run_opened_later_is_selected(make_window, qtbot, runs):
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    window.open([str(runs / "sigmoid.zarr")])
    qtbot.waitUntil(lambda: is_shown(window, "sigmoid"))
    assert len(window.runs.entries) == 2


def test_reloading_only_removes_runs_that_no_longer_exist(make_window, qtbot, runs):
    window = make_window(runs)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 3)
    window.run_list.choose(str(runs / "tanh.zarr"))
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    window.tabs.setCurrentIndex(2)
    view = window.plot()
    qtbot.waitUntil(lambda: view.data is not None)
    window.selection.set_record(1)
    window.selection.set_hidden({"hidden_1"})
    qtbot.waitUntil(lambda: view.data[0].step == 100)
    view.canvas.zoom_in()
    zoomed = view.canvas.figure.axes[-1].get_xlim()
    before = view.data
    shutil.rmtree(runs / "sigmoid.zarr")
    qtbot.waitUntil(lambda: window.runs.entries[1].run.state is State.BROKEN)
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: view.data is not before)
    qtbot.waitUntil(lambda: len(window.runs.entries) == 2)
    assert is_shown(window, "tanh")
    assert (view.data[0].step, window.selection.hidden) == (100, {"hidden_1"})
    assert view.canvas.figure.axes[-1].get_xlim() == zoomed


def test_keys_select_tab_and_step(make_window, qtbot, runs):
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    keys, modifiers = Qt.Key, Qt.KeyboardModifier
    qtbot.keyClick(window, keys.Key_3, modifiers.ControlModifier)
    assert window.tabs.currentIndex() == 2
    qtbot.keyClick(window, keys.Key_Left, modifiers.ControlModifier)
    assert window.selection.step == 200
    qtbot.keyClick(window, keys.Key_Right, modifiers.ControlModifier)
    assert window.selection.step is None
    qtbot.keyClick(window, keys.Key_F, modifiers.ControlModifier)
    assert window.layer_list.filter.hasFocus()


def test_mnemonics_are_unique_in_every_tab(make_window, qtbot, runs):
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        texts = [action.text() for action in window.menuBar().actions()]
        texts += [window.tabs.tabText(i) for i in range(window.tabs.count())]
        for kind in (QtWidgets.QLabel, QtWidgets.QAbstractButton):
            texts += [
                one.text() for one in window.findChildren(kind) if one.isVisible()
            ]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert "".join(sorted(letters)) == "".join(sorted(set(letters)))
        assert len(letters) > 10


def test_every_control_has_a_name_for_screen_readers(make_window, qtbot, runs):
    window = make_window(runs / "tanh")
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    kinds = (
        QtWidgets.QComboBox,
        QtWidgets.QSlider,
        QtWidgets.QAbstractSpinBox,
        QtWidgets.QLineEdit,
        QtWidgets.QAbstractItemView,
        QtWidgets.QAbstractButton,
    )
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        for kind in kinds:
            for one in window.findChildren(kind):
                if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    name = one.accessibleName() or getattr(one, "text", str)()
                    assert name, one


def controls_of(window):
    """The visible controls that the Tab key reaches, in its order."""
    chain = [window.run_list]
    while (one := chain[-1].nextInFocusChain()) is not window.run_list:
        chain.append(one)
    return [
        one
        for one in chain
        if one.isVisible() and one.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]


def test_tab_goes_from_left_to_right_and_from_top_to_bottom(make_window, qtbot, runs):
    window = make_window(runs / "tanh")
    # In a narrow window, controls take several lines beside the buttons.
    window.resize(1600, 800)
    view = window.plot()
    qtbot.waitUntil(lambda: view.canvas.isVisible() and window.width() == 1600)
    chain, layers = controls_of(window), window.layer_list
    left = [window.run_list, layers.filter, *layers.buttons, layers.view]
    assert [one for one in chain if one in left] == left
    toolbar = [one for one in chain if window.toolbar.isAncestorOf(one)]

    def place(widget):
        center = widget.mapTo(window, widget.rect().center())
        # Controls of the same row differ a little in height.
        return round(center.y() / 16), widget.mapTo(window, QtCore.QPoint(0, 0)).x()

    places = [place(one) for one in toolbar]
    assert len(places) > 10
    assert places == sorted(places)


def test_an_exception_in_a_slot_shows_a_button(make_window, qtbot, runs):
    log = ErrorLog()
    window = make_window(runs / "tanh", errors=log)
    qtbot.waitUntil(lambda: is_shown(window, "tanh"))
    with catching(log):
        QtCore.QTimer.singleShot(0, lambda: window.selection.set_runs(None))
        qtbot.waitUntil(lambda: bool(log.errors))
    (button,) = [
        one
        for one in window.statusBar().findChildren(QtWidgets.QToolButton)
        if "error" in one.text()
    ]
    assert button.isVisible()
    button.click()
    (dialog,) = window.findChildren(QtWidgets.QDialog)
    assert "TypeError" in dialog.details.toPlainText()
    dialog.reject()
    assert window.isVisible()


def test_a_closed_window_can_be_deleted(make_window, qtbot, runs):
    window = make_window(runs)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    window.close()
    gone = []
    window.destroyed.connect(lambda: gone.append(1))
    window.deleteLater()
    qtbot.waitUntil(lambda: gone == [1])
