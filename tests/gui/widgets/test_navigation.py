import pytest

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.canvas import Canvas
from keras_xavier_gui.widgets.navigation import Navigation, Tool


@pytest.fixture
def canvas(qtbot):
    made = Canvas("white")
    qtbot.addWidget(made)
    axes = made.figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10), ylim=(0, 10))
    made.resize(400, 400)
    made.show()
    made.draw()
    return made


def drag(qtbot, canvas, start, end):
    """Drags the mouse between two places in the data."""
    transform = canvas.figure.axes[0].transData.transform
    ratio = canvas.device_pixel_ratio

    def point(place):
        x, y = transform(place) / ratio
        return QtCore.QPoint(round(x), canvas.height() - round(y))

    start, end = point(start), point(end)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    # QTest does not hold the button while it moves the mouse.
    left = Qt.MouseButton.LeftButton
    moved = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove,
        QtCore.QPointF(end),
        QtCore.QPointF(canvas.mapToGlobal(end)),
        *(left, left, Qt.KeyboardModifier.NoModifier),
    )
    QtWidgets.QApplication.sendEvent(canvas, moved)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)


def test_a_rectangle_is_zoomed_into_until_the_tool_is_put_away(qtbot, canvas):
    navigation, clicks = Navigation(canvas), []
    canvas.clicked.connect(clicks.append)
    axes = canvas.figure.axes[0]
    navigation.use(Tool.ZOOM)
    drag(qtbot, canvas, (2, 3), (6, 8))
    assert axes.get_xlim() == pytest.approx((2, 6), abs=0.1)
    assert axes.get_ylim() == pytest.approx((3, 8), abs=0.1)
    navigation.use(Tool.NONE)
    drag(qtbot, canvas, (3, 4), (4, 5))
    assert axes.get_xlim() == pytest.approx((2, 6), abs=0.1)
    assert not clicks


def test_the_view_follows_the_mouse_with_the_other_tool(qtbot, canvas):
    navigation = Navigation(canvas)
    navigation.use(Tool.ZOOM)
    navigation.use(Tool.PAN)
    drag(qtbot, canvas, (5, 5), (3, 4))
    assert canvas.figure.axes[0].get_xlim() == pytest.approx((2, 12), abs=0.2)
    assert canvas.figure.axes[0].get_ylim() == pytest.approx((1, 11), abs=0.2)
