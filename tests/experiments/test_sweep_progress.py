"""The progress table of a sweep."""

import io
from dataclasses import asdict

import numpy as np
import pytest
from rich.console import Console

from keras_xavier.experiments.experiment import Experiment
from keras_xavier.experiments.sweep import Outcome
from keras_xavier.experiments.sweep_progress import SweepProgress, peek, table
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter
from keras_xavier.statistics import QUANTITIES, STATISTICS, Layer, Measurement

EXPERIMENTS = [Experiment(updates=100, seed=seed) for seed in range(4)]
RUNNING, FAILED, FINISHED, _ = EXPERIMENTS


@pytest.fixture
def done(tmp_path):
    """One run at 50 of 100 updates, one that failed, one finished, one waiting."""
    measurement = Measurement(
        np.zeros((len(QUANTITIES), 1, len(STATISTICS)), np.float32),
        np.zeros((len(QUANTITIES), 1, BIN_COUNT), np.uint32),
        {},
    )
    with RunWriter(
        RUNNING.run_path(tmp_path),
        layers=[Layer("hidden_1", "Dense", "tanh", 3, 6)],
        hyperparameters=asdict(RUNNING),
    ) as writer:
        writer.record(50, measurement)
        writer.log(50, {"val_error": 0.125})
        writer.flush()
        yield [
            Outcome(FAILED, FAILED.run_path(tmp_path), "no [data]"),
            Outcome(FINISHED, FINISHED.run_path(tmp_path)),
        ]


def test_failed_runs_do_not_count_as_done(done, tmp_path):
    printed = io.StringIO()
    console = Console(file=printed, width=200)
    with SweepProgress(EXPERIMENTS, tmp_path, console=console) as progress:
        progress(done)
    expected = "1 of 4 runs, 1 failed, 1 waiting, 38% of all updates"
    assert printed.getvalue().strip() == expected


def test_the_table_shows_the_state_of_every_run(done, tmp_path):
    runs = {RUNNING: peek(RUNNING.run_path(tmp_path))}
    printed = io.StringIO()
    Console(file=printed, width=200).print(table("summary", runs, done))
    _, _, running, failed, finished = printed.getvalue().splitlines()
    assert RUNNING.run_name() in running
    assert "running" in running
    assert running.rstrip().endswith("50  12.5%")
    assert FAILED.run_name() in failed
    assert failed.rstrip().endswith("no [data]")
    assert FINISHED.run_name() in finished
    assert "finished" in finished
    assert finished.rstrip().endswith("100")
