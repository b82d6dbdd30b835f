import math

import pytest

from keras_xavier.figures import DARK, LIGHT
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.main_window import MainWindow
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.tab_preferences import last_tab
from keras_xavier_gui.theme import (
    Theme,
    apply_theme,
    font_size,
    is_system_dark,
    set_font_size,
)
from keras_xavier_gui.widgets.error_log import ErrorLog


@pytest.fixture(autouse=True)
def restored_appearance(qapp):
    """Restores theme and text size."""
    before = font_size()
    apply_theme(Theme.SYSTEM)
    yield
    apply_theme(Theme.SYSTEM)
    set_font_size(before)


@pytest.fixture
def run(simulation, tmp_path):
    simulation.write(str(tmp_path / "tanh"), records=3, layers=2)
    return tmp_path / "tanh.zarr"


def action(window, text):
    menus = window.findChildren(QtWidgets.QMenu)
    (found,) = [
        one
        for menu in menus
        for one in menu.actions()
        if one.text().replace("&", "") == text
    ]
    return found


def luminance(color):
    return color.lightness()


def contrast(palette, group, text, background):
    def channel(value):
        value /= 255
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    def relative(role):
        color = palette.color(group, role)
        rgb = (color.red(), color.green(), color.blue())
        return sum(
            weight * channel(value)
            for weight, value in zip((0.2126, 0.7152, 0.0722), rgb, strict=True)
        )

    low, high = sorted([relative(text), relative(background)])
    return (high + 0.05) / (low + 0.05)


def test_the_theme_of_the_desktop_is_found_after_another_theme(qapp):
    # As in an app that starts with a stored theme.
    is_system_dark.cache_clear()
    apply_theme(Theme.DARK)
    apply_theme(Theme.SYSTEM)
    assert not is_system_dark()
    window = qapp.palette().color(QtGui.QPalette.ColorRole.Window)
    assert window.lightness() > 128


def test_the_selected_theme_is_stored(make_window, qtbot, run):
    window = make_window(run)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    view = window.plot()
    action(window, "Dark").trigger()
    qtbot.waitUntil(lambda: view.plot.style is DARK)
    action(window, "Light").trigger()
    qtbot.waitUntil(lambda: view.plot.style is LIGHT)
    action(window, "Dark").trigger()
    window.close()
    apply_theme(Theme.SYSTEM)
    stored.restore_appearance(stored.open_preferences())
    again = make_window(run)
    assert again.palette().color(QtGui.QPalette.ColorRole.Window).lightness() < 128
    assert action(again, "Dark").isChecked()


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_text_has_enough_contrast(qapp, theme):
    apply_theme(theme)
    palette, roles = qapp.palette(), QtGui.QPalette.ColorRole
    active = QtGui.QPalette.ColorGroup.Active
    for text, background in (
        (roles.WindowText, roles.Window),
        (roles.Text, roles.Base),
        (roles.ButtonText, roles.Button),
        (roles.HighlightedText, roles.Highlight),
        (roles.ToolTipText, roles.ToolTipBase),
    ):
        # The minimum of WCAG 2.
        assert contrast(palette, active, text, background) >= 4.5, (text, background)


@pytest.mark.parametrize("kind", ["box", "list", "tree"])
def test_unchecked_boxes_are_visible_in_the_dark_theme(qtbot, kind):
    apply_theme(Theme.DARK)
    window = QtWidgets.QWidget()
    qtbot.addWidget(window)
    if kind == "list":
        item = QtWidgets.QListWidgetItem("", QtWidgets.QListWidget(window))
        item.setCheckState(Qt.CheckState.Unchecked)
    elif kind == "tree":
        tree = QtWidgets.QTreeWidget(window)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        row = QtWidgets.QTreeWidgetItem(tree)
        row.setCheckState(0, Qt.CheckState.Unchecked)
    else:
        QtWidgets.QCheckBox(window)
    window.show()
    image = window.grab(QtCore.QRect(4, 4, 20, 16)).toImage()
    lightness = [
        image.pixelColor(x, y).lightness()
        for x in range(image.width())
        for y in range(image.height())
    ]
    assert max(lightness) - min(lightness) > 60


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
def test_lists_have_the_same_background(make_window, qtbot, run, theme):
    apply_theme(theme)
    window = make_window(run)
    qtbot.waitUntil(lambda: window.selection.run is not None)
    backgrounds = []
    for view in (window.run_list, window.layer_list.view):
        image = view.viewport().grab().toImage()
        background = image.pixelColor(image.width() // 2, image.height() - 2)
        backgrounds.append(background.name())
        text = view.palette().color(QtGui.QPalette.ColorRole.Text)
        assert abs(background.lightness() - text.lightness()) > 150
    assert backgrounds[0] == backgrounds[1]


def test_menus_have_a_border_in_the_dark_theme(make_window):
    apply_theme(Theme.DARK)
    window = make_window()
    menu = window.run_actions.menu
    menu.popup(window.pos())
    image = menu.grab().toImage()
    menu.hide()
    middle = image.height() // 2
    inside = image.pixelColor(3, middle).lightness()
    for x in (0, image.width() - 1):
        assert image.pixelColor(x, middle).lightness() - inside > 50


def test_widgets_and_plots_share_the_text_size(make_window, qtbot, run):
    window = make_window(run)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    canvas = window.plot().canvas
    before, dots = font_size(), canvas.figure.dpi
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    for _ in range(3):
        action(window, "Larger").trigger()
    assert font_size() == before + 3
    canvas.draw()
    assert canvas.figure.dpi > dots
    pixels = canvas.figure.get_size_inches() * canvas.figure.dpi
    assert pixels == pytest.approx((canvas.width(), canvas.height()), abs=1)
    qtbot.keyClick(window, Qt.Key.Key_Minus, keys)
    assert font_size() == before + 2
    other = window.tabs.widget(1).canvas
    window.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    other.draw()
    canvas.draw()
    assert other.figure.dpi == canvas.figure.dpi > dots
    window.close()
    set_font_size(before)
    stored.restore_appearance(stored.open_preferences())
    assert font_size() == before + 2
    again = make_window(run)
    qtbot.waitUntil(lambda: again.plot().data is not None)
    again.plot().canvas.draw()
    assert again.plot().canvas.figure.dpi == other.figure.dpi


def test_controls_fit_large_text(make_window, qtbot, run):
    window = make_window(run)
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    before = window.size(), window.splitters["columns"].sizes()

    def combos():
        return [
            one
            for one in window.findChildren(QtWidgets.QComboBox)
            if one.isVisible() and one.accessibleName()
        ]

    def check():
        for tab in range(window.tabs.count()):
            window.tabs.setCurrentIndex(tab)
            QtWidgets.QApplication.processEvents()
            assert (window.size(), window.splitters["columns"].sizes()) == before
            qtbot.waitUntil(
                lambda: all(one.width() >= one.sizeHint().width() for one in combos())
            )

    for _ in range(8):
        action(window, "Larger").trigger()
    check()
    layers = window.layer_list
    hint = layers.filter.placeholderText()
    assert layers.filter.width() > layers.fontMetrics().horizontalAdvance(hint)
    action(window, "System default").trigger()
    check()


def test_columns_of_tables_fit_large_text(make_window, qtbot, run):
    window = make_window(run)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    action(window, "Show as table").trigger()
    tables = window.tabs.findChildren(QtWidgets.QTableView)
    for _ in range(6):
        action(window, "Larger").trigger()
    assert max(table.model().columnCount() for table in tables) > 2
    for table in tables:
        header = table.horizontalHeader()
        for i in range(table.model().columnCount()):
            assert header.sectionSize(i) >= header.sectionSizeHint(i)


@pytest.mark.parametrize("size", ["huge", -3, math.nan, 1e9, True, None, [9]])
def test_invalid_text_sizes_and_themes_are_ignored(qapp, size):
    preferences = stored.open_preferences()
    preferences.update(
        {"look/font_size": size, "look/theme": "purple", "window/tab": size}
    )
    before = font_size()
    stored.restore_appearance(preferences)
    assert font_size() == before
    assert last_tab(preferences, 6) == 0


def test_temporary_preferences_are_deleted(qtbot, fresh_preferences):
    stored.add_recent(stored.open_preferences(), ["/somewhere"])
    with stored.temporary_preferences() as preferences:
        window = MainWindow(ErrorLog(), preferences)
        window.show()
        window.load([])
        qtbot.waitUntil(lambda: window.tabs.count() > 0)
        assert stored.recent_paths(preferences) == []
        window.open([str(fresh_preferences.parent.parent)])
        window.close()
        window.deleteLater()
    assert stored.recent_paths(stored.open_preferences()) == ["/somewhere"]


def test_the_last_tab_is_restored(make_window, qtbot):
    window = make_window()
    window.tabs.setCurrentIndex(3)
    window.close()
    assert make_window().tabs.currentIndex() == 3
