"""keras-xavier diagnose, as used in a terminal."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from keras_xavier import cli, diagnosis
from keras_xavier.cli import main
from keras_xavier.runs import open_run

SAMPLES = Path(__file__).parents[2] / "gui" / "keras_xavier_gui" / "samples"
SICK, HEALTHY = (
    str(SAMPLES / f"{name}.zarr") for name in ("sigmoid-standard", "tanh-normalized")
)


def test_findings_are_printed_with_commands(capsys):
    assert main(["diagnose", SICK]) == 1
    printed = capsys.readouterr().out
    assert "sigmoid-standard.zarr: 4 findings in 21 records" in printed
    assert "error: Top layer stuck (hidden_4, steps 3,200 to 4,000)" in printed
    assert "Glorot & Bengio (2010), section 3.1, figure 2" in printed
    assert all(line == line.rstrip() for line in printed.splitlines())
    commands = [
        line.split(": ", 1)[1]
        for line in printed.splitlines()
        if line.strip().startswith(("Try: ", "Show: "))
    ]
    assert len(commands) == 6
    for command in commands:
        words = command.split()[1:]
        assert callable(cli.make_parser().parse_args(words).command)


def test_no_problems_found(capsys):
    assert main(["diagnose", HEALTHY]) == 0
    assert capsys.readouterr().out.endswith("no problems found in 21 records\n")


def test_a_folder_stands_for_its_runs(capsys):
    assert main(["diagnose", str(SAMPLES), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [Path(one["run"]).stem for one in found] == [
        *("sigmoid-standard", "softsign-standard"),
        *("tanh-normalized", "tanh-standard"),
    ]
    (first, *_) = found[0]["findings"]
    assert first["name"] == "top_layer_stuck"
    assert first["severity"] == "error"
    assert first["layers"] == ["hidden_4"]
    assert first["steps"] == [3200, 4000]
    assert first["figure"]["figure"] == "layer-curves"
    assert first["view"].startswith("keras-xavier view ")
    assert found[2]["findings"] == []


def test_findings_can_be_ignored_and_thresholds_changed(capsys):
    tanh = str(SAMPLES / "tanh-standard.zarr")
    assert main(["diagnose", tanh]) == 1
    assert main(["diagnose", tanh, "--ignore", "wrong_initial_scale"]) == 0
    assert main(["diagnose", tanh, "--threshold", "initial_ratio=20"]) == 0
    assert main(["diagnose", HEALTHY, "--threshold", "gradient_ratio=1.5"]) == 1


def test_notes_do_not_set_the_exit_status(capsys, monkeypatch):
    found = diagnosis.diagnose(open_run(SICK))[0]
    note = replace(found, severity=diagnosis.Severity.NOTE)
    monkeypatch.setattr(diagnosis, "diagnose", lambda run, **options: [note])
    assert main(["diagnose", SICK]) == 0
    assert "note: Top layer stuck" in capsys.readouterr().out


def test_a_missing_run_does_not_prevent_others_from_being_diagnosed(tmp_path, capsys):
    assert main(["diagnose", str(tmp_path / "none"), SICK]) == 2
    printed = capsys.readouterr()
    assert "There is no run" in printed.err
    assert "Top layer stuck" in printed.out


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
    assert "[red] ü.zarr: 4 findings" in printed
    assert "[red] ü.zarr' --figure layer-curves" in printed
