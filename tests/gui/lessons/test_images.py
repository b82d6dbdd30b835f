"""Figures that the code of a lesson draws, in place of the plots."""

import pytest

from keras_xavier_gui.qt import Qt, QtGui
from tests.gui.lessons.conftest import SCRIPT

BOTH = '# %% [markdown] spec="--figure depth-profile --theory" runs="better plain"'
RED, BLUE = QtGui.QColor("#c00000"), QtGui.QColor("#0000c0")


@pytest.fixture
def scripts(scripts):
    """The lesson, whose step "Both" shows an image."""
    script = SCRIPT.replace(BOTH, '# %% [markdown] image=1 runs="better plain"')
    (scripts / "1_fading.py").write_text(script)
    return scripts


def draw(networks, color, size=(300, 100)):
    image = QtGui.QImage(*size, QtGui.QImage.Format.Format_RGB32)
    image.fill(color)
    assert image.save(str(networks / "figure-1.png"))


def test_a_step_shows_its_image_as_soon_as_it_is_drawn(
    window, open_lesson, qtbot, networks
):
    page = window.pages.image
    open_lesson(3)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is page)
    assert page.message.headline.text() == "No figure yet"
    # Its buttons would change plots that are not shown.
    assert not window.toolbar.isVisible()
    draw(networks, RED)
    qtbot.waitUntil(lambda: page.currentWidget() is page.image)
    shown = page.image.grab().toImage()
    place = page.image.place()
    assert place.width() == pytest.approx(3 * place.height(), abs=2)
    assert page.image.rect().contains(place)
    assert place.width() > 0.9 * page.image.width() or (
        place.height() > 0.9 * page.image.height()
    )
    assert shown.pixelColor(shown.width() // 2, shown.height() // 2) == RED
    # The figure of the last step stays, as plots do.
    window.lessons.move(1)
    assert window.pages.currentWidget() is page
    draw(networks, BLUE, size=(100, 300))
    qtbot.waitUntil(lambda: page.image.image.height() == 300)


def test_a_click_on_a_run_shows_its_plots_until_the_next_step(
    window, open_lesson, qtbot, networks
):
    draw(networks, RED)
    panel = open_lesson(3)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.pages.image)
    qtbot.waitUntil(lambda: len(window.selection.all_runs) == 2)
    row = window.run_list.filtered.mapFromSource(
        window.runs.find(str(networks / "plain.zarr"))
    )
    place = window.run_list.visualRect(row).center()
    qtbot.mouseClick(window.run_list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.pages.currentWidget() is window.pages.plots
    assert window.toolbar.isVisible()
    # New records do not take the plots away.
    window.lessons.update_runs()
    assert window.pages.currentWidget() is window.pages.plots
    panel.next.click()
    assert window.pages.currentWidget() is window.pages.image
    window.lessons.close()
    assert window.pages.currentWidget() is window.pages.plots
