import os
import subprocess
import sys

import numpy as np
import pytest

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.canvas import Canvas


@pytest.fixture
def canvas(qtbot):
    made = Canvas("white")
    qtbot.addWidget(made)
    axes = made.figure.add_axes((0, 0, 1, 1))
    axes.set_xscale("log")
    axes.set_xlim(1, 10_000)
    axes.set_ylim(-1, 1)
    made.resize(400, 300)
    made.show()
    yield made
    made.hide()


def limits(canvas):
    (axes,) = canvas.figure.axes
    return (*axes.get_xlim(), *axes.get_ylim())


def test_zooming_keeps_its_center_on_any_scale(canvas):
    canvas.zoom(0.5, at=(0.5, 0.5))
    assert limits(canvas) == pytest.approx((10, 1000, -0.5, 0.5))
    canvas.zoom(0.5, at=(0, 1))
    assert limits(canvas) == pytest.approx((10, 100, 0, 0.5))


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Plus, "No", (1 * 10**0.4, 10**3.6, -0.8, 0.8)),
        (Qt.Key.Key_Right, "Shift", (10**0.6, 10**4.6, -1, 1)),
        (Qt.Key.Key_Up, "Shift", (1, 10_000, -0.7, 1.3)),
        (Qt.Key.Key_Left, "No", (1, 10_000, -1, 1)),
    ],
)
def test_keys_zoom_and_move(qtbot, canvas, key, modifier, expected):
    modifiers = getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
    qtbot.keyClick(canvas, key, modifiers)
    assert limits(canvas) == pytest.approx(expected)


def test_the_wheel_zooms_at_the_mouse(canvas):
    middle = QtCore.QPointF(200, 150)
    event = QtGui.QWheelEvent(
        middle,
        canvas.mapToGlobal(middle.toPoint()),
        QtCore.QPoint(),
        QtCore.QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QtWidgets.QApplication.sendEvent(canvas, event)
    left, right, bottom, top = limits(canvas)
    assert np.log10(right / left) == pytest.approx(3.2, abs=0.01)
    assert top - bottom == pytest.approx(1.6, abs=0.01)


@pytest.mark.parametrize("how", ["key", "double click"])
def test_the_view_can_be_reset_by_key_and_mouse(qtbot, canvas, how):
    resets = []
    canvas.reset_asked.connect(lambda: resets.append(1))
    if how == "key":
        qtbot.keyClick(canvas, Qt.Key.Key_Home)
    else:
        qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton)
    assert resets == [1]


def fail_to_draw(renderer):
    raise ArithmeticError


def test_an_error_in_drawing_is_reported_and_not_fatal(canvas, monkeypatch):
    caught = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: caught.append(error[1]))
    monkeypatch.setattr(canvas.figure, "draw", fail_to_draw)
    canvas.draw()
    assert isinstance(caught[0], ArithmeticError)
    monkeypatch.undo()
    canvas.draw()


def test_a_hidden_canvas_is_drawn_when_it_is_shown(qtbot, canvas):
    painted = []
    canvas.painted.connect(lambda: painted.append(True))
    canvas.hide()
    canvas.draw_idle()
    qtbot.wait(50)
    assert not painted
    canvas.show()
    qtbot.waitUntil(lambda: bool(painted))


def test_axes_that_share_their_limits_move_once(qtbot):
    made = Canvas("white")
    qtbot.addWidget(made)
    first, second, other = made.figure.subplots(3)
    second.sharex(first)
    second.sharey(first)
    for axes in (first, other):
        axes.set_xlim(0, 10)
    made.pan(0.1, 0)
    for axes in (first, second, other):
        assert axes.get_xlim() == pytest.approx((1, 11))


SHOW = """
from keras_xavier_gui.application import make_application

application = make_application()

from keras_xavier_gui.widgets.canvas import Canvas

canvas = Canvas("#ffffff")
canvas.resize(400, 300)
canvas.show()
application.processEvents()
canvas.draw()
print(canvas.figure.dpi, *canvas.get_width_height(physical=True))
"""


def test_figures_are_sharp_on_screens_of_every_density():
    def drawn(scale):
        finished = subprocess.run(
            [sys.executable, "-c", SHOW],
            env=os.environ | {"QT_SCALE_FACTOR": scale},
            capture_output=True,
            text=True,
            check=True,
        )
        return np.array(finished.stdout.split(), float)

    dots, width, height = drawn("1")
    assert width >= 400
    np.testing.assert_allclose(drawn("2"), [2 * dots, 2 * width, 2 * height], atol=1.0)
