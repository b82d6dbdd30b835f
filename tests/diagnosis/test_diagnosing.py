"""The rules together."""

import shlex
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import keras_xavier as kx
from keras_xavier import cli
from keras_xavier.diagnosis import (
    RULES,
    Finding,
    Severity,
    Thresholds,
    diagnose,
    examine,
)
from keras_xavier.figure_spec import FigureSpec, spec_from_options
from keras_xavier.runs import RunWriter, State, open_run, sample_run
from keras_xavier.runs.samples import SAMPLES
from keras_xavier.statistics import Layer, Quantity, Statistic


def everything(write):
    """Yields runs that contain every finding of the package."""
    relu = tuple(Layer(f"hidden_{i}", "Dense", "relu", 20, 420, 0.0) for i in range(5))
    sigmoid = tuple(
        Layer(f"hidden_{i}", "Dense", "sigmoid", 20, 420, 0.0, 1.0) for i in range(5)
    )
    depth = 0.1 ** np.arange(5.0)
    of = {
        "signal": (Quantity.ACTIVATION, Statistic.UNIT_STD),
        "std": (Quantity.ACTIVATION, Statistic.STD),
        "gradient": (Quantity.PREACTIVATION_GRADIENT, Statistic.STD),
        "share": (Quantity.ACTIVATION, Statistic.SATURATED),
        "mean": (Quantity.ACTIVATION, Statistic.MEAN),
        "zeros": (Quantity.ACTIVATION, Statistic.ZERO),
        "nan": (Quantity.WEIGHT, Statistic.NONFINITE),
        "update": (Quantity.WEIGHT_UPDATE, Statistic.STD),
        "weight": (Quantity.WEIGHT, Statistic.STD),
    }
    yield write({of["signal"]: depth, of["gradient"]: depth})
    yield write({of["signal"]: 1 / depth, of["gradient"]: 1 / depth})
    yield write({of["share"]: 0.9, of["nan"]: 0.5})
    mean, std = np.full(5, 0.5), np.full(5, 0.1)
    mean[3], std[3] = 0.01, 0.001
    yield write({of["mean"]: mean, of["std"]: std}, layers=sigmoid)
    yield write({of["zeros"]: 1.0}, layers=relu)
    yield write({of["update"]: 1.0}, losses=np.full(11, 3.0))
    equal = {Statistic.MEAN: 0.0, Statistic.STD: 0.1}
    yield write({of["update"]: 0.0}, units=equal)
    yield write({of["weight"]: 2.0})


def test_a_healthy_run_has_no_finding(write):
    assert diagnose(write(losses=np.geomspace(2, 0.1, 11))) == []


def every_finding(run):
    """Returns causes and consequences."""
    return [one for cause in diagnose(run) for one in (cause, *cause.consequences)]


def test_every_finding_is_complete(write, program, tmp_path):
    labels = np.random.default_rng(0).integers(0, 3, 300)
    sparse = "sparse_categorical_crossentropy"
    programs = (
        program(labels, sparse, {"units": 1, "activation": "softmax"}),
        program(labels, sparse, {"units": 3}),
        program(1e6 * labels, "mse", {"units": 1}),
    )
    seen, marked = set(), set()
    for run in (*everything(write), *programs):
        names = [layer.name for layer in run.layers]
        for finding in every_finding(run):
            seen.add(finding.name)
            assert finding.summary.endswith(".")
            assert finding.explanation.endswith(".")
            assert finding.remedy.endswith(".")
            assert set(finding.layers) <= {*names}
            first, last = finding.steps
            assert run.steps[0] <= first <= last <= run.steps[-1]
            marked |= {finding.name} if finding.lines else set()
            assert finding.numbers
            assert finding.source
            if finding.change:
                assert finding.change.before != finding.change.after
            figure = tmp_path / "figure.csv"
            command = shlex.split(finding.figure.figure_command(run.path, str(figure)))
            assert cli.main(command[1:]) == 0
            viewed = cli.make_parser().parse_args(
                shlex.split(finding.figure.view_command(run.path))[1:]
            )
            assert spec_from_options(viewed) == finding.figure
            # No run was recorded by keras-xavier train.
            assert not finding.command.startswith("keras-xavier")
    assert len(seen) >= 15, seen
    assert {"saturated_layer", "vanishing_signal", "updates_too_large"} <= marked


def test_steps_of_findings_end_with_the_records(write):
    run = write(losses=np.full(11, 3.0), late={"loss": (10_000, 3.0)})
    assert run.metrics()["loss"][0][-1] == 10_000
    report = examine(run)
    (found,) = report.findings
    assert found.name == "loss_not_decreasing"
    assert found.steps[1] == run.last_step == report.last_step


def test_findings_are_sorted_by_severity(write):
    for run in everything(write):
        order = [finding.severity for finding in diagnose(run)]
        assert order == sorted(order, key=list(reversed(Severity)).index)


def test_findings_of_the_sample_runs_agree_with_the_paper():
    found = {
        name: {finding.name for finding in every_finding(sample_run(name))}
        for name in SAMPLES
    }
    assert found["tanh-normalized"] == set()
    assert found["tanh-standard"] == {"wrong_initial_scale", "loss_not_decreasing"}
    assert {"top_layer_stuck", "vanishing_gradient"} <= found["sigmoid-standard"]


def test_a_custom_rule(write):
    def my_rule(run, thresholds):
        yield Finding(
            "too_short", Severity.WARNING, (), (0, 0), (), FigureSpec("overview"),
            *("Why.", "What.", "keras-xavier train", "Me"),
        )  # fmt: skip

    (found,) = kx.diagnose(write(), rules=(*RULES, my_rule))
    assert found.name == "too_short"
    assert found.title == "Too short"


def test_custom_thresholds(write):
    run = write({(Quantity.ACTIVATION, Statistic.SATURATED): 0.3})
    assert diagnose(run) == []
    found = diagnose(run, thresholds=Thresholds(saturated_share=0.2))
    assert [finding.name for finding in found] == ["saturated_layer"]


@pytest.mark.parametrize("steps", [(), (0,), (0, 1), (500,)])
@pytest.mark.parametrize("state", [State.FAILED, State.INTERRUPTED, State.FINISHED])
def test_short_and_interrupted_runs_have_no_findings(write, steps, state):
    assert diagnose(write(steps=steps, state=state)) == []


def test_a_live_run_without_records(tmp_path, write):
    layer = Layer("hidden_1", "Dense", "tanh", 5, 30, -1.0, 1.0)
    with RunWriter(tmp_path / "live", layers=[layer]) as writer:
        assert diagnose(open_run(writer.path)) == []


@pytest.mark.parametrize("absent", list(Quantity))
def test_absent_quantities_are_ignored(write, absent):
    """A quantity may be absent from one layer or from the whole run."""
    layers = [
        Layer(
            f"dense_{i}",
            "Dense",
            "tanh",
            20,
            420,
            -1,
            1,
            absent={absent: "not measured"},
        )
        for i in range(4)
    ]
    assert diagnose(write(layers=layers)) == []
    mixed = [replace(layers[0], name="other", absent={}), *layers[1:]]
    assert diagnose(write(layers=mixed)) == []


def test_a_diagnosis_only_reads_the_run(write, tmp_path):
    run = write({(Quantity.ACTIVATION, Statistic.UNIT_STD): 0.1 ** np.arange(5.0)})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert diagnose(run)
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}


def test_a_diagnosis_imports_neither_keras_nor_matplotlib():
    blocked = ("keras", "tensorflow", "jax", "torch", "matplotlib", "qtpy")
    code = (
        f"import sys\nfor name in {blocked!r}:\n    sys.modules[name] = None\n"
        "import keras_xavier; keras_xavier.diagnose, keras_xavier.diagnosis.RULES"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
