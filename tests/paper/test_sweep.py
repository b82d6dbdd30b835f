"""Many experiments at once, in real processes of Ray."""

import os
import signal
import subprocess
import threading
import time

import pytest

from keras_xavier.paper.experiment import Experiment
from keras_xavier.paper.sweep import RETRIES, place, sweep
from keras_xavier.runs import RunError, State, open_run

SMALL = {"layers": 2, "units": 12, "learning_rate": 0.05}


def test_runs_are_made_and_what_is_finished_is_not_made_again(tmp_path):
    experiments = [Experiment(updates=40, seed=seed, **SMALL) for seed in range(2)]
    told = []
    outcomes = sweep(experiments, tmp_path, watch=lambda done: told.append(len(done)))
    assert [outcome.failure for outcome in outcomes] == [None, None]
    assert told[0] == 0
    assert told[-1] == 2
    created = []
    for one, outcome in zip(experiments, outcomes, strict=True):
        assert outcome.run == place(one, tmp_path)
        run = open_run(outcome.run)
        assert run.state is State.FINISHED
        assert run.last_step == 40
        created.append(run.last_update)

    longer = Experiment(updates=60, seed=2, **SMALL)
    outcomes = sweep([*experiments, longer], tmp_path)
    assert [outcome.failure for outcome in outcomes] == [None, None, None]
    again = [open_run(outcome.run).last_update for outcome in outcomes[:2]]
    assert again == created


def test_one_failure_does_not_end_the_others(tmp_path):
    lost = Experiment(dataset="cifar10", updates=40, **SMALL)
    good = Experiment(updates=40, **SMALL)
    failed, made = sweep([lost, good], tmp_path, data_dir=str(tmp_path / "none"))
    assert "DatasetError: cifar10 is not prepared" in failed.failure
    assert made.failure is None


def test_a_run_with_other_settings_is_in_the_way(tmp_path):
    from keras_xavier.paper.training import train

    one = Experiment(updates=40, **SMALL)
    train(
        Experiment(updates=20, layers=2, units=13, learning_rate=0.05),
        place(one, tmp_path),
    )
    with pytest.raises(RunError, match="made with another units"):
        sweep([one], tmp_path)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="finds the process in /proc")
def test_the_run_of_a_lost_worker_goes_on_from_its_checkpoint(tmp_path):
    one = Experiment(updates=60_000, **SMALL)
    path = place(one, tmp_path)
    checkpoint = path.removesuffix(".zarr") + ".keras"
    killed = []

    def kill_worker():
        while not killed:
            time.sleep(0.1)
            if os.path.exists(checkpoint):
                found = subprocess.run(
                    ["pgrep", "-f", "ray::train_on_one_processor"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                for line in found.stdout.split():
                    os.kill(int(line), signal.SIGKILL)
                    killed.append(open_run(path).last_step)

    watcher = threading.Thread(target=kill_worker)
    watcher.start()
    try:
        (outcome,) = sweep([one], tmp_path)
    finally:
        killed.append(-1)
        watcher.join()
    assert RETRIES >= 1
    assert killed[0] < 60_000
    assert outcome.failure is None
    run = open_run(path)
    assert run.state is State.FINISHED
    assert run.last_step == 60_000
