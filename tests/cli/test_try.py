"""`keras-xavier diagnose --try`, with a network that is trained for some updates."""

from functools import partial

import numpy as np

from keras_xavier import remedies
from keras_xavier.cli import main
from keras_xavier.histogram_bins import BIN_COUNT
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import (
    QUANTITIES,
    STATISTICS,
    Layer,
    Measurement,
    Statistic,
)

EXPERIMENT = {
    **{"dataset": "shapeset3x2", "activation": "tanh", "initializer": "standard"},
    **{"layers": 1, "units": 4, "learning_rate": 0.1, "batch_size": 4, "seed": 0},
    **{"updates": 2, "pretraining_updates": 0},
}


def run_with_nan(path, hyperparameters):
    """Writes a run with a finding."""
    layer = Layer("hidden_1", "Dense", "tanh", 4, 20, -1.0, 1.0)
    statistics = np.zeros((len(QUANTITIES), 1, len(STATISTICS)), "float32")
    statistics[..., STATISTICS.index(Statistic.NONFINITE)] = 0.5
    histogram = np.zeros((len(QUANTITIES), 1, BIN_COUNT), "uint32")
    with RunWriter(path, layers=[layer], hyperparameters=hyperparameters) as writer:
        writer.record(0, Measurement(statistics, histogram))
    return str(path)


def test_remedies_of_an_experiment_are_compared(tmp_path, capsys, monkeypatch):
    one = partial(remedies.try_remedies, limit=1)
    monkeypatch.setattr(remedies, "try_remedies", one)
    run = run_with_nan(tmp_path / "mine", EXPERIMENT)
    assert main(["diagnose", run, "--try"]) == 1
    printed = capsys.readouterr().out
    assert "Nonfinite values" in printed
    assert "Original" in printed
    tried = [open_run(path) for path in (tmp_path / "mine-remedies").glob("*.zarr")]
    assert len(tried) == 2
    assert {one.hyperparameters["updates"] for one in tried} == {2}


def test_runs_of_other_programs_get_a_reason(tmp_path, capsys):
    run = run_with_nan(tmp_path / "mine", {})
    assert main(["diagnose", run, "--try"]) == 2
    assert "kx.try_remedies(run, model, (x, y))" in capsys.readouterr().err
