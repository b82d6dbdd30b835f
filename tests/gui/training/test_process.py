import os
import time

import pytest

from keras_xavier.runs import find_runs
from keras_xavier_gui.training.process import TrainingProcess, existing_file, free_path


@pytest.fixture
def start(trainer, tmp_path):
    """Starts the fake program; it does not outlive the test."""
    processes = []

    def begin(behavior, run="mine", updates=300):
        path = str(tmp_path / run)
        arguments = ["train", "--run", path]
        process = TrainingProcess(arguments, path, updates, program=trainer(behavior))
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process._process.wait()
        process._log.close()


def poll_until(process, condition):
    for _ in range(1500):
        status = process.poll()
        if condition(status):
            return status
        assert status.exit_status is None, status
        time.sleep(0.02)
    pytest.fail(f"{status} does not change")


def ended(status):
    return status.exit_status is not None


def test_progress_is_read_from_the_run(start):
    process = start("records=1000", updates=100_000)
    first = poll_until(process, lambda status: status.step is not None)
    later = poll_until(process, lambda status: status.step > first.step + 300)
    assert later.seconds_left > 0
    assert "update" in later.log


def test_output_goes_to_a_file_beside_the_run(start, tmp_path):
    status = poll_until(start("records=2"), ended)
    assert status.exit_status == 0
    assert status.step == 200
    text = (tmp_path / "mine.log").read_text()
    assert text.startswith("update 0\n")
    assert text.strip() == status.log


def test_existing_files_are_not_overwritten(start, tmp_path):
    (tmp_path / "mine.log").write_text("notes")
    (tmp_path / "mine-2.log").symlink_to(tmp_path / "elsewhere")
    process = start("records=1")
    poll_until(process, ended)
    assert process.log_path == str(tmp_path / "mine-3.log")
    assert (tmp_path / "mine.log").read_text() == "notes"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGINT")
def test_a_stopped_process_finishes_its_run(start, tmp_path):
    process = start("records=100000")
    poll_until(process, lambda status: status.step is not None)
    process.stop()
    assert poll_until(process, ended).exit_status == 0
    (run,) = find_runs(tmp_path)
    assert run.state == "finished"


def test_binary_output_is_bounded_and_readable(start):
    status = poll_until(start("fails"), ended)
    assert status.exit_status == 3
    assert status.step is None
    lines = status.log.splitlines()
    assert lines[-1] == "keras-xavier: the data are not there"
    assert lines[-2] == "progress 2"
    assert len(lines) <= 1000


def test_a_missing_program_leaves_no_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        TrainingProcess([], str(tmp_path / "mine"), 1, program=["/no/such/program"])
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_does_not_reach_the_process(start):
    process = start("stubborn")
    assert os.getpgid(process._process.pid) != os.getpgid(0)


def test_a_free_path_avoids_runs_networks_and_busy_paths(tmp_path):
    folder = str(tmp_path)
    assert free_path(folder, "mine") == str(tmp_path / "mine")
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "mine.zarr" / "zarr.json").write_text("{}")
    (tmp_path / "mine-2.keras").write_text("")
    busy = [str(tmp_path / "mine-3.zarr")]
    assert free_path(folder, "mine", busy) == str(tmp_path / "mine-4")
    assert existing_file(str(tmp_path / "mine-2")) == str(tmp_path / "mine-2.keras")
    assert existing_file(str(tmp_path / "mine-4")) is None
