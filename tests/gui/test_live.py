"""Plots follow a run that another process writes."""

import signal
import subprocess
import sys

import pytest

from keras_xavier.runs import State


@pytest.fixture
def start_writing(simulation_script):
    """Returns a function that starts another process, which writes a run."""
    processes = []

    def start(path, *, records, seconds):
        command = [sys.executable, str(simulation_script), str(path)]
        process = subprocess.Popen([*command, str(records), str(seconds)])
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_records_appear_while_another_process_writes_them(
    make_window, qtbot, start_writing, tmp_path
):
    window = make_window(tmp_path)
    process = start_writing(tmp_path / "live", records=60, seconds=0.1)
    qtbot.waitUntil(lambda: window.plot().data is not None, timeout=20_000)
    assert process.poll() is None
    view = window.plot()
    seen = set()
    view.drawn.connect(lambda: seen.add(len(view.data[0].steps)))
    assert window.status.text.text().startswith("live: live")
    qtbot.waitUntil(lambda: len(seen) >= 3, timeout=20_000)
    view.canvas.zoom_in()
    zoomed = view.canvas.figure.axes[-1].get_xlim()
    window.selection.set_hidden({"hidden_2"})
    qtbot.waitUntil(lambda: len(view.data[0].steps) == 60, timeout=40_000)
    qtbot.waitUntil(
        lambda: window.selection.run.state is State.FINISHED, timeout=20_000
    )
    assert view.canvas.figure.axes[-1].get_xlim() == zoomed
    assert window.selection.hidden == {"hidden_2"}
    assert window.status.text.text().startswith("live: finished")
    assert process.wait(20) == 0


def test_a_killed_writer_shows_as_stalled(make_window, qtbot, start_writing, tmp_path):
    process = start_writing(tmp_path / "live", records=1000, seconds=0.05)
    window = make_window(tmp_path)
    qtbot.waitUntil(lambda: window.plot().data is not None, timeout=20_000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    qtbot.waitUntil(
        lambda: window.status.text.text().startswith("live: stalled since "),
        timeout=30_000,
    )
    assert window.plot().data is not None
    qtbot.waitUntil(lambda: window.runs.entries[0].run.state is State.INTERRUPTED)
