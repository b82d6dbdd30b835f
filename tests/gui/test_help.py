import platform

import matplotlib

import keras_xavier
from keras_xavier_gui.help import OTHER_KEYS
from keras_xavier_gui.qt import QAction, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.theme import Theme, apply_theme, is_dark
from keras_xavier_gui.widgets.command_palette import CommandPalette, Entry, matches


def dialog_of(window):
    (dialog,) = [
        one for one in window.findChildren(QtWidgets.QDialog) if one.isVisible()
    ]
    return dialog


def text_of(dialog):
    return " ".join(one.text() for one in dialog.findChildren(QtWidgets.QLabel))


def test_f1_explains_each_tab_and_names_the_source(make_window, qtbot):
    window = make_window()
    texts = set()
    for tab in range(window.tabs.count()):
        window.tabs.setCurrentIndex(tab)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(window, Qt.Key.Key_F1)
        dialog = dialog_of(window)
        text = text_of(dialog)
        if plot := window.plot():
            assert all(one.explanation in text for one in plot.figures)
            if any(one.paper_figures for one in plot.figures):
                assert "Glorot & Bengio 2010" in text
                assert "section" in text or "equations" in text
        texts.add(text)
        dialog.reject()
    assert len(texts) == window.tabs.count()


def test_the_page_of_shortcuts_lists_all_of_them(make_window, qtbot):
    window = make_window()
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    dialog = dialog_of(window)
    text = text_of(dialog)
    assert all(key in text for keys in OTHER_KEYS.values() for key, _ in keys)
    assert all(what in text for keys in OTHER_KEYS.values() for _, what in keys)
    shortcuts = [action.shortcut() for action in window.findChildren(QAction)]
    keys = {
        keys.toString(QtGui.QKeySequence.SequenceFormat.NativeText)
        for keys in shortcuts
    }
    assert len(keys) > 20
    assert not [one for one in keys if one and one not in text]
    assert dialog.height() < window.screen().availableGeometry().height()
    dialog.reject()


def test_no_two_actions_have_the_same_shortcut(make_window):
    window = make_window()
    keys = [
        action.shortcut().toString(QtGui.QKeySequence.SequenceFormat.PortableText)
        for action in window.findChildren(type(window.menuBar().actions()[0]))
        if not action.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))
    assert len(keys) > 20


def test_words_in_any_order_find_a_command():
    assert matches("zoom in", "View › Zoom in")
    assert matches("in view", "View › Zoom in")
    assert not matches("zoom out", "View › Zoom in")


def open_palette(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    modifiers = Qt.KeyboardModifier
    both = modifiers.ControlModifier | modifiers.ShiftModifier
    qtbot.keyClick(window, Qt.Key.Key_P, both)
    palette = dialog_of(window)
    assert isinstance(palette, CommandPalette)
    return palette


def choose(window, qtbot, typed):
    """Types into the palette, and chooses the first entry."""
    palette = open_palette(window, qtbot)
    qtbot.keyClicks(palette.line, typed)
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    return palette


def test_the_palette_triggers_the_typed_command(make_window, qtbot):
    window = make_window()
    palette = open_palette(window, qtbot)
    assert palette.list.count() > 20
    qtbot.keyClicks(palette.line, "go to training cur")
    assert palette.list.count() == 1
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Training curves" in window.tabs.current().accessibleName())


def test_the_palette_finds_figures_options_layers_and_runs(
    make_window, qtbot, simulation, tmp_path
):
    for name in ("tanh", "sigmoid"):
        simulation.write(str(tmp_path / name), records=3, layers=3)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    choose(window, qtbot, "ridgelines")
    qtbot.waitUntil(lambda: window.plot().figure.name == "ridgelines")
    choose(window, qtbot, "quantity weight w")
    box = window.plot().options["quantity"]
    qtbot.waitUntil(lambda: box.currentText() == "weight W")
    choose(window, qtbot, "log steps")
    qtbot.waitUntil(window.plot().options["log_steps"].isChecked)
    choose(window, qtbot, "hidden_2 only")
    qtbot.waitUntil(lambda: window.selection.hidden >= {"hidden_1", "hidden_3"})
    assert "hidden_2" not in window.selection.hidden
    chosen = window.selection.run.name
    other = next(one for one in ("tanh", "sigmoid") if one != chosen)
    choose(window, qtbot, f"run {other}")
    qtbot.waitUntil(lambda: window.selection.run.name == other)
    choose(window, qtbot, "theme dark")
    try:
        qtbot.waitUntil(lambda: is_dark(window))
    finally:
        apply_theme(Theme.SYSTEM)


def test_a_long_list_of_entries_is_cut_off_with_a_remark(qtbot):
    parent, ran = QtWidgets.QWidget(), []
    qtbot.addWidget(parent)
    entries = [
        Entry(f"Layer › dense_{i}", lambda i=i: ran.append(i)) for i in range(4000)
    ]
    palette = CommandPalette(parent, entries)
    assert palette.list.count() == 200
    assert palette.count.text() == "200 of 4,000"
    palette.line.setText("dense_37")
    assert palette.list.item(0).text() == "Layer › dense_37"
    palette.trigger_current()
    qtbot.waitUntil(lambda: ran == [37])


def test_arrows_select_a_matching_command(make_window, qtbot):
    window = make_window()
    palette = open_palette(window, qtbot)
    qtbot.keyClicks(palette.line, "view zoom o")
    assert palette.list.count() == 3
    first, second = (palette.list.item(row).text() for row in range(2))
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentItem().text() == second != first
    qtbot.keyClicks(palette.line, "nothing like it")
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()
    palette.reject()


def test_versions_and_license_can_be_read_and_copied(make_window):
    window = make_window()
    (about,) = [
        action
        for action in window.findChildren(QAction)
        if "About keras-xavier" in action.text().replace("&", "")
    ]
    about.trigger()
    dialog = dialog_of(window)
    text = text_of(dialog)
    for what in (
        f"keras-xavier {keras_xavier.__version__}",
        f"Python {platform.python_version()}",
        f"Qt {QtCore.qVersion()}",
        f"matplotlib {matplotlib.__version__}",
        "Apache License 2.0",
    ):
        assert what in text
    (copy,) = [
        one for one in dialog.findChildren(QtWidgets.QPushButton) if "opy" in one.text()
    ]
    copy.click()
    copied = QtWidgets.QApplication.clipboard().text()
    assert copied.startswith("keras-xavier ")
    assert copied in text
    dialog.reject()
