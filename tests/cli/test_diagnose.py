"""keras-xavier diagnose, as used in a terminal."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from keras_xavier import cli, diagnosis
from keras_xavier.cli import main
from keras_xavier.runs import open_run
from keras_xavier.runs.samples import SAMPLES_FOLDER

SICK, HEALTHY = (
    str(SAMPLES_FOLDER / f"{name}.zarr")
    for name in ("sigmoid-standard", "tanh-normalized")
)


def test_findings_are_printed_with_commands(capsys):
    assert main(["diagnose", SICK]) == 1
    printed = capsys.readouterr().out
    assert "sigmoid-standard.zarr: 1 finding (" in printed
    assert "error: " in printed
    assert "Glorot & Bengio (2010)" in printed
    assert "\n  Passed: " in printed
    assert all(line == line.rstrip() for line in printed.splitlines())
    commands = [
        line.split(": ", 1)[1]
        for line in printed.splitlines()
        if line.strip().startswith(("Try: ", "Show: "))
    ]
    assert len(commands) == 2
    for command in commands:
        words = command.split()[1:]
        assert callable(cli.make_parser().parse_args(words).command)


@pytest.fixture
def report(monkeypatch):
    """A report with a cause, its consequence and a change of code."""
    (cause, *_) = diagnosis.diagnose(open_run(SICK))
    cause = replace(
        cause,
        name="targets_out_of_range",
        severity=diagnosis.Severity.ERROR,
        layers=("output",),
        steps=(0, 4000),
        numbers=(diagnosis.Number("largest target", float("inf")),),
        summary="The targets, 20 to 180, lie outside the range of sigmoid, 0 to 1.",
        remedy="Use a linear output.",
        change=diagnosis.CodeChange(
            'keras.layers.Dense(1, activation="sigmoid")\nmodel.compile("adam")',
            "keras.layers.Dense(1)",
        ),
        command="",
    )
    symptom = replace(
        cause,
        name="loss_not_decreasing",
        summary="The loss stays at 9,000.",
        change=None,
        consequences=(),
    )
    report = diagnosis.Report(
        (replace(cause, consequences=(symptom,)),),
        ("dead units", "overfitting"),
        (
            diagnosis.Unchecked("updates too large", "no updates are recorded"),
            diagnosis.Unchecked("updates too small", "no updates are recorded"),
        ),
    )
    monkeypatch.setattr(diagnosis, "examine", lambda run, **options: report)
    return report


def test_a_cause_is_printed_with_consequences_remedy_and_change_of_code(report, capsys):
    assert main(["diagnose", SICK]) == 1
    printed = capsys.readouterr().out
    head, _, body = printed.partition("\n\n")
    assert head.endswith(": 1 finding (2 checks passed, 2 not possible) in 21 records")
    explanation = report.findings[0].explanation
    assert (
        body
        == f"""\
  error: Targets out of range (output, steps 0 to 4,000)
    The targets, 20 to 180, lie outside the range of sigmoid, 0 to 1.
    {explanation}
    Consequences:
      Loss not decreasing (output, steps 0 to 4,000): The loss stays at 9,000.
    Remedy: Use a linear output.
    Before:
      keras.layers.Dense(1, activation="sigmoid")
      model.compile("adam")
    After:
      keras.layers.Dense(1)
    Numbers: largest target inf
    Show: {report.findings[0].figure.view_command(SICK)}
    Source: {report.findings[0].source}

  Passed: dead units, overfitting
  Not checked: updates too large, updates too small (no updates are recorded)
"""
    )


def test_json_contains_the_whole_report(report, capsys):
    assert main(["diagnose", SICK, "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    (cause,) = found["findings"]
    assert cause["summary"].startswith("The targets, 20 to 180")
    assert cause["change"]["after"] == "keras.layers.Dense(1)"
    assert cause["numbers"][0]["value"] is None
    (symptom,) = cause["consequences"]
    assert symptom["name"] == "loss_not_decreasing"
    assert symptom["numbers"][0]["value"] is None
    assert symptom["view"] == cause["view"]
    assert found["passed"] == ["dead units", "overfitting"]
    assert found["unchecked"][0] == {
        "check": "updates too large",
        "reason": "no updates are recorded",
    }


def test_a_finding_is_printed_in_python_as_in_the_terminal(report, capsys):
    main(["diagnose", SICK])
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    lines = [line.strip() for line in str(report).splitlines()]
    assert lines[0] == "1 finding (2 checks passed, 2 not possible)"
    assert {*lines[1:]} <= {*printed}
    assert str(report.findings[0]).splitlines()[0] in lines


def test_no_problems_found(capsys):
    assert main(["diagnose", HEALTHY]) == 0
    first, passed, *_ = capsys.readouterr().out.splitlines()
    assert re.search(
        r"normalized.zarr: no problems found \(\d+ checks passed.*\) in 21 records$",
        first,
    )
    assert "dead units" in passed


def test_a_folder_stands_for_its_runs(capsys):
    assert main(["diagnose", str(SAMPLES_FOLDER), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [Path(one["run"]).stem for one in found] == [
        *("sigmoid-standard", "softsign-standard"),
        *("tanh-normalized", "tanh-standard"),
    ]
    (first, *_) = found[0]["findings"]
    assert first["severity"] == "error"
    assert first["view"].startswith("keras-xavier view ")
    assert found[2]["findings"] == []
    assert len(found[2]["passed"]) > 10


def test_for_several_runs_checks_are_only_counted(capsys):
    assert main(["diagnose", HEALTHY, SICK]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(f"{HEALTHY}: no problems found (")
    assert "Passed: " not in printed


def test_findings_can_be_ignored_and_thresholds_changed(capsys):
    softsign = str(SAMPLES_FOLDER / "softsign-standard.zarr")
    assert main(["diagnose", softsign]) == 1
    assert main(["diagnose", softsign, "--ignore", "wrong_initial_scale"]) == 0
    assert main(["diagnose", softsign, "--threshold", "initial_ratio=20"]) == 0
    assert main(["diagnose", HEALTHY, "--threshold", "gradient_ratio=1.5"]) == 1


def test_notes_do_not_set_the_exit_status(report, capsys, monkeypatch):
    note = replace(report.findings[0], severity=diagnosis.Severity.NOTE)
    report = replace(report, findings=(note,))
    monkeypatch.setattr(diagnosis, "examine", lambda run, **options: report)
    assert main(["diagnose", SICK]) == 0
    assert "note: Targets out of range" in capsys.readouterr().out


def test_a_missing_run_does_not_prevent_others_from_being_diagnosed(tmp_path, capsys):
    assert main(["diagnose", str(tmp_path / "none"), SICK]) == 2
    printed = capsys.readouterr()
    assert "There is no run" in printed.err
    assert "sigmoid-standard.zarr: 1 finding" in printed.out


def test_a_folder_with_an_unreadable_run_reports_the_others(tmp_path, capsys):
    for name in ("a", "b"):
        shutil.copytree(HEALTHY, tmp_path / f"{name}.zarr")
    (tmp_path / "a.zarr" / "zarr.json").write_text("{")
    assert main(["diagnose", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert "a.zarr" in printed.err
    assert "b.zarr: no problems found" in printed.out


def test_an_unreachable_url_is_reported_in_one_line(capsys):
    assert main(["diagnose", "nowhere://runs/mine", HEALTHY]) == 2
    printed = capsys.readouterr()
    assert printed.err == (
        "keras-xavier: nowhere://runs/mine.zarr cannot be reached: "
        "ValueError: Protocol not known: nowhere\n"
    )
    assert "no problems found" in printed.out


def test_a_folder_without_runs_is_an_error(tmp_path, capsys):
    assert main(["diagnose", str(tmp_path)]) == 2
    assert f"{tmp_path} is a folder, but not a run." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--threshold", "ded_share=0.3"], "dead_share"),
        (["--threshold", "dead_share=much"], "should be a number"),
        (["--threshold", "dead_share=-1"], "must be a positive number"),
        (["--threshold", "min_losses=2.5"], "should be a number"),
        (["--ignore", "deadunits"], "dead_units"),
    ],
)
def test_usage_errors_name_the_allowed_values(arguments, named, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["diagnose", HEALTHY, *arguments])
    assert ended.value.code == 2
    assert named in capsys.readouterr().err


def test_names_of_runs_may_contain_markup(tmp_path, capsys):
    shutil.copytree(SICK, tmp_path / "[red] ü.zarr")
    assert main(["diagnose", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "[red] ü.zarr: 1 finding" in printed
    assert "[red] ü.zarr' --figure" in printed
