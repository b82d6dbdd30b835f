"""Runs the app in a separate process, as a user would start it; prints JSON.

Usage: python app_session.py start|use|refresh RUN
       python app_session.py live|idle RUN SECONDS
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable

STARTED = float(os.environ["STARTED"])

from keras_xavier_gui.application import make_application  # noqa: E402
from keras_xavier_gui.main_window import MainWindow  # noqa: E402
from keras_xavier_gui.preferences import temporary_preferences  # noqa: E402
from keras_xavier_gui.qt import Qt, QtCore, QtGui  # noqa: E402
from keras_xavier_gui.widgets.error_log import ErrorLog  # noqa: E402

REPEATS = 15
WARM_UP, MOST_REFRESHES, MOST_SECONDS = 200, 10_000, 900.0
SIZE = 1280, 800


class Session:
    """A window that shows a run."""

    def __init__(self, preferences: object) -> None:
        self.application = make_application()
        self.errors = ErrorLog()
        self.window = MainWindow(self.errors, preferences)
        self.window.resize(*SIZE)
        self.window.show()
        self.application.processEvents()

    def until(self, condition: Callable[[], object]) -> None:
        while not condition():
            self.application.processEvents()
            time.sleep(0.0005)

    @property
    def view(self):
        return self.window.plot()

    def load(self, run: str) -> None:
        self.window.load([run])
        self.until(lambda: self.view is not None and self.view.data is not None)
        self.view.canvas.draw()

    def last_step(self) -> int:
        steps = [int(one.steps[-1]) for one in self.view.data or () if len(one.steps)]
        return max(steps, default=-1)


def milliseconds(act: Callable[[int], object]) -> float:
    """Median processor time of a repeated action: other processes hardly change it."""
    times = []
    for i in range(REPEATS):
        start = time.thread_time()
        act(i)
        times.append(time.thread_time() - start)
    return 1000 * statistics.median(times)


def memory() -> float:
    """Resident memory of this process in MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def start(session: Session, run: str) -> dict[str, float]:
    """Seconds to the window, and from there to the first figure."""
    window, loading = time.time() - STARTED, time.time()
    session.load(run)
    return {"window": window, "first figure": time.time() - loading}


def use(session: Session, run: str) -> dict[str, float]:
    """Times of the user's actions in each tab, and memory."""
    session.load(run)
    found: dict[str, float] = {}
    records = len(session.window.selection.run.steps)
    for tab in range(session.window.tabs.count()):
        session.window.tabs.setCurrentIndex(tab)
        if session.view is None:
            continue
        kinds = getattr(session.view, "kind", None)
        for kind in range(kinds.count()) if kinds else [0]:
            name = session.view.accessibleName().lower()
            if kinds:
                kinds.setCurrentIndex(kind)
                name += f" {kinds.currentText()}"
            found |= {f"{key}: {name}": value for key, value in act(session, records)}
    found["memory"] = memory()
    return found


def act(session: Session, records: int) -> list[tuple[str, float]]:
    """Times of panning and zooming the visible plot, of step cursor and mouse."""
    view = session.view
    session.until(lambda: view.has_current_data)
    canvas = view.canvas
    canvas.draw()
    canvas.zoom(0.5)
    canvas.draw()

    def pan(i: int) -> None:
        canvas.pan(0.02 if i % 2 else -0.02, 0)
        canvas.draw()

    def zoom(i: int) -> None:
        canvas.zoom(0.9 if i % 2 else 1 / 0.9)
        canvas.draw()

    def move_cursor(i: int) -> None:
        session.window.selection.set_record(records // 2 + i)
        canvas.repaint()

    def hover(i: int) -> None:
        axes = view.plot.layout.axes[0]
        # To other lines and other points.
        place = axes.transAxes.transform((0.2 + 0.04 * i, 0.2 + 0.6 * (i % 3) / 3))
        ratio = canvas.device_pixel_ratio
        at = QtCore.QPointF(place[0] / ratio, canvas.height() - place[1] / ratio)
        buttons, modifiers = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        kind = QtCore.QEvent.Type.MouseMove
        event = QtGui.QMouseEvent(kind, at, at, buttons, buttons, modifiers)
        session.application.sendEvent(canvas, event)
        session.application.processEvents()

    times = [
        ("pan", milliseconds(pan)),
        ("zoom", milliseconds(zoom)),
        ("cursor", milliseconds(move_cursor)),
        ("hover", milliseconds(hover)),
    ]
    session.window.selection.set_step(None)
    view.reset_view()
    session.application.processEvents()
    return times


def follow(session: Session, run: str, seconds: str) -> dict[str, float]:
    """Time at which each record of a live run was painted, by step."""
    session.load(run)
    seen: dict[str, float] = {}
    print("ready", flush=True)
    end = time.time() + float(seconds)
    while time.time() < end:
        session.application.processEvents()
        time.sleep(0.002)
        if (step := str(session.last_step())) not in seen:
            session.view.canvas.draw()
            seen[step] = time.time()
    return seen


def idle(session: Session, run: str, seconds: str) -> dict[str, float]:
    """Processor time of watching a live run without new records."""
    session.load(run)
    session.window.watcher.refreshed.connect(lambda _runs: None)
    QtCore.QTimer.singleShot(2000, session.application.quit)
    session.application.exec()
    before, start = time.process_time(), time.time()
    QtCore.QTimer.singleShot(round(1000 * float(seconds)), session.application.quit)
    session.application.exec()
    return {"share": (time.process_time() - before) / (time.time() - start)}


def refresh(session: Session, run: str) -> dict[str, float]:
    """Memory before and after many records arrive and are painted."""
    from benchmarks.app import measurement
    from keras_xavier.runs import RunWriter

    layers, measured = measurement(6)
    with RunWriter(run, layers=layers) as writer:
        writer.record(0, measured)
        writer.flush()
        session.load(run)
        before, count, start = 0.0, 0, time.time()
        painted: list[int] = []
        session.view.canvas.painted.connect(lambda: painted.append(session.last_step()))
        while count < MOST_REFRESHES and time.time() - start < MOST_SECONDS:
            count += 1
            writer.record(count, measured)
            writer.flush()
            session.window.watcher.show([run])
            painted.clear()
            session.until(lambda step=count: step in painted)
            if count == WARM_UP:
                before = memory()
        return {"refreshes": count, "before": before, "after": memory()}


def main(what: str, *arguments: str) -> None:
    acts = {
        "start": start,
        "use": use,
        "live": follow,
        "idle": idle,
        "refresh": refresh,
    }
    with temporary_preferences() as preferences:
        session = Session(preferences)
        found = acts[what](session, *arguments)
        session.window.close()
        if session.errors.errors:
            raise SystemExit(session.errors.text())
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
