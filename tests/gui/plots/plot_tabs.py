"""The tabs of plots, and what they show."""

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

OVERVIEW, LAYER_CURVES, HISTOGRAMS, PROFILE, UNITS, CARD, NETWORK, CURVES = range(8)


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    return window.plot()


def limits(view):
    axes = [axes for axes in view.canvas.figure.axes if axes.get_navigate()]
    return [(*one.get_xlim(), *one.get_ylim()) for one in axes]


def place(view, x, y, panel=0, *, shares=False):
    """Returns where a point of a panel is on the canvas, in shares or values."""
    axes = view.plot.layout.axes[panel]
    transform = axes.transAxes if shares else axes.transData
    across, up = transform.transform((x, y))
    ratio = view.canvas.device_pixel_ratio
    return QtCore.QPoint(
        round(across / ratio), round(view.canvas.height() - up / ratio)
    )


def read_at(view, x, y, panel=0, *, shares=False):
    """Moves the mouse to a point of a panel, and returns what is read there."""
    view.canvas.draw()
    move_mouse(view.canvas, place(view, x, y, panel, shares=shares))
    return view.reader.reading


def move_mouse(widget, at):
    """Moves the mouse without the pointer of the screen."""
    buttons, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    kind, at = QtCore.QEvent.Type.MouseMove, QtCore.QPointF(at)
    event = QtGui.QMouseEvent(kind, at, at, buttons, buttons, modifiers)
    QtWidgets.QApplication.sendEvent(widget, event)


def first(view):
    """The data of the first run."""
    return view.data[0]


def last_step(view):
    data = first(view)
    if hasattr(data, "metrics"):
        return data.metrics["loss"][0][-1]
    return data.steps[-1] if hasattr(data, "steps") else data.step
