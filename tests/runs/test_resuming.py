"""Resuming runs: which records are kept, and which are removed."""

import numpy as np
import pytest

from keras_xavier.runs import RunError, RunWriter, State, open_run
from keras_xavier.runs.schema import LOG_ROWS
from keras_xavier.statistics import QUANTITIES

WEIGHT = QUANTITIES.index("weight")


@pytest.mark.parametrize(
    ("resume_from", "kept"), [(None, 5), (25, 3), (40, 5), (0, 1), (-1, 0)]
)
def test_resuming_removes_later_records(write, layers, measure, resume_from, kept):
    path = write(records=5, hyperparameters={"a": 1, "b": 2})
    created = open_run(path).created

    with RunWriter(
        path,
        layers=layers,
        hyperparameters={"b": 3},
        mode="resume",
        resume_from=resume_from,
    ) as run:
        reader = open_run(path)
        assert reader.state is State.RUNNING
        assert reader.steps.tolist() == [0, 10, 20, 30, 40][:kept]
        assert reader.metrics().get("loss", [[]])[0].tolist() == [
            0, 10, 20, 30, 40,
        ][:kept]  # fmt: skip
        run.record(100, measure(100))
        run.log(100, {"loss": 9.0})

    reader = open_run(path)
    steps = [*[0, 10, 20, 30, 40][:kept], 100]
    losses = [*[1, 1 / 2, 1 / 3, 1 / 4, 1 / 5][:kept], 9.0]
    assert reader.steps.tolist() == steps
    assert reader.created == created
    assert reader.hyperparameters == {"a": 1, "b": 3}
    np.testing.assert_array_equal(
        [reader.read_histogram("weight", i) for i in range(len(steps))],
        [measure(step).histogram[WEIGHT] for step in steps],
    )
    assert reader.metrics()["loss"][1].tolist() == losses


def test_resuming_removes_chunks_of_later_records(write, layers):
    path = write(records=45)
    chunks = len([*path.glob("histogram/c.*")])

    RunWriter(path, layers=layers, mode="resume", resume_from=10).close()

    assert chunks == 3
    assert [chunk.name for chunk in path.glob("histogram/c.*")] == ["c.0.0.0.0"]


def test_resuming_at_the_end_of_a_chunk(tmp_path, layers):
    steps = [*range(LOG_ROWS)]
    with RunWriter(tmp_path / "run", layers=layers) as run:
        for step in steps:
            run.log(step, {"loss": 1.0})
    with RunWriter(tmp_path / "run", layers=layers, mode="resume") as run:
        run.log(steps[-1], {"error": 0.5})
        run.log(LOG_ROWS, {"loss": 1.0})

    metrics = open_run(tmp_path / "run").metrics()
    assert metrics["loss"][0].tolist() == [*steps, LOG_ROWS]
    assert metrics["error"][0].tolist() == [steps[-1]]


def test_resuming_removes_uncommitted_records(write, layers, measure):
    path = write(records=3)
    committed = (path / "zarr.json").read_bytes()
    with RunWriter(path, layers=layers, mode="resume") as run:
        for step in range(100, 140):
            run.record(step, measure(step))
        run.log(100, {"new": 1.0})
    (path / "zarr.json").write_bytes(committed)

    assert open_run(path).steps.tolist() == [0, 10, 20]
    with RunWriter(path, layers=layers, mode="resume") as run:
        run.record(50, measure(50))

    reader = open_run(path)
    assert reader.steps.tolist() == [0, 10, 20, 50]
    assert [*reader.metrics()] == ["loss"]
    np.testing.assert_array_equal(
        reader.read_histogram("weight", -1), measure(50).histogram[WEIGHT]
    )


def test_errors_of_resuming(tmp_path, write, layers):
    with pytest.raises(RunError, match=r"no run at .*none.zarr to resume"):
        RunWriter(tmp_path / "none", layers=layers, mode="resume")
    assert not (tmp_path / "none.zarr").exists()
    path = write()
    with pytest.raises(RunError, match="its layers are hidden_1, hidden_2, output"):
        RunWriter(path, layers=layers[:2], mode="resume")
