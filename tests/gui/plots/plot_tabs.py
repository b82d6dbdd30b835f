"""The tabs of plots, and what they show."""

OVERVIEW, LAYER_CURVES, HISTOGRAMS, PROFILE, UNITS, CARD, CURVES = range(7)


def show(window, qtbot, tab):
    window.tabs.setCurrentIndex(tab)
    qtbot.waitUntil(lambda: window.plot().data is not None)
    return window.plot()


def limits(view):
    axes = [axes for axes in view.canvas.figure.axes if axes.get_navigate()]
    return [(*one.get_xlim(), *one.get_ylim()) for one in axes]


def locate(view, x, y):
    """What the app shows for the mouse at a place in the first panel."""
    return view.locate(view.plot.layout.axes[0], x, y)


def first(view):
    """The data of the first run."""
    return view.data[0]


def last_step(view):
    data = first(view)
    if hasattr(data, "metrics"):
        return data.metrics["loss"][0][-1]
    return data.steps[-1] if hasattr(data, "steps") else data.step
