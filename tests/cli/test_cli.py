"""The commands, as used in a terminal."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import matplotlib
import numpy as np
import pytest

import keras_xavier
from keras_xavier.cli import main
from keras_xavier.histogram_bins import count
from keras_xavier.runs import RunWriter, open_run
from keras_xavier.statistics import QUANTITIES, Layer, Measurement, summarize

SMALL = ("--layers", "2", "--units", "16", "--updates", "30", "--every", "10")


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "keras_xavier", *arguments],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_version_goes_to_stdout(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"keras-xavier {keras_xavier.__version__}\n"


def test_the_bare_command_prints_help(capsys):
    assert main([]) == 0
    assert "train" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "--activation", "tanhh"], "softsign"),
        (["train", "--initializer", "xavier"], "normalized"),
        (["train", "--dataset", "imagenet"], "shapeset3x2"),
        (["train", "--layers", "0"], "1 or more"),
        (["train", "--learning-rate", "-1"], "positive"),
        (["train", "--seed", "-1"], "2^31"),
        (["train", "--every", "0"], "1 or more"),
        (["train", "--run", "s3://bucket/run"], "local path"),
        (["train", "--resume", "--run", "nowhere/run"], "found none at nowhere/run"),
    ],
)
def test_usage_errors_name_the_allowed_values(arguments, named, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    printed = capsys.readouterr()
    assert named in printed.err
    assert printed.out == ""
    command = "keras-xavier train" if arguments[0] == "train" else "keras-xavier"
    message, reference = printed.err.splitlines()
    assert message.startswith(f"{command}: error: ")
    assert reference == f"See {command} --help"


def test_a_closed_pipe_is_not_an_error(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    finished = subprocess.run(
        [sys.executable, "-m", "keras_xavier", "runs", "--json", tmp_path],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert finished.stderr == ""


def test_runs_of_a_missing_folder(tmp_path, capsys):
    assert main(["runs", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err


def test_runs_of_any_name_are_listed(tmp_path, capsys):
    names = ["[/x]", "[red]x", "new\nline", os.fsdecode(b"latin\xe9")]
    for name in names:
        (tmp_path / name).with_suffix(".zarr").mkdir(parents=True)
    assert main(["runs", str(tmp_path)]) == 0
    listed = capsys.readouterr().out
    for name in ("[/x].zarr", "[red]x.zarr", "new�line.zarr", "latin�.zarr"):
        assert f"{name} " in listed


def test_runs_of_an_empty_folder(tmp_path, capsys):
    assert main(["runs", str(tmp_path)]) == 0
    assert "keras-xavier train" in capsys.readouterr().err


def test_train_records_a_run_and_does_not_overwrite_it(tmp_path):
    run = str(tmp_path / "first")
    trained = command("train", *SMALL, "--run", run)
    assert trained.returncode == 0, trained.stderr
    assert "30 updates" in trained.stdout
    assert "validation error" in trained.stdout

    listed = command("runs", str(tmp_path), "--json")
    (entry,) = json.loads(listed.stdout)
    assert entry["state"] == "finished"
    assert entry["last_step"] == 30
    assert entry["hyperparameters"]["units"] == 16
    assert "first" in command("runs", str(tmp_path)).stdout

    again = command("train", *SMALL, "--run", run)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    assert "--overwrite" in again.stderr


def test_ctrl_c_leaves_a_stopped_run(tmp_path):
    run = tmp_path / "long"
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "keras_xavier", "train"),
            *("--layers", "1", "--units", "16", "--updates", "1000000"),
            *("--run", str(run)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            found = keras_xavier.find_runs(tmp_path)
            if found and found[0].records > 2:
                break
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "updates" in out
    (summary,) = keras_xavier.find_runs(tmp_path)
    assert summary.state == "stopped"
    assert summary.last_step > 0
    assert summary.reason == f"step {summary.last_step:,} of 1,000,000"
    assert str(summary.last_step) in out


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A run of two layers with records of steps 0 and 10."""
    path = str(tmp_path_factory.mktemp("runs") / "tanh")
    layers = [Layer(f"hidden_{i}", "Dense", "tanh", 5, 20, -1, 1) for i in (1, 2)]
    shape = (len(QUANTITIES), len(layers))
    values = np.random.default_rng(0).uniform(-1, 1, size=(*shape, 50))
    statistics = np.array([[summarize(v) for v in row] for row in values])
    histogram = np.array(
        [
            [count(v, layers[i].edges(q)) for i, v in enumerate(row)]
            for q, row in zip(QUANTITIES, values, strict=True)
        ]
    )
    with RunWriter(path, layers=layers) as writer:
        for step in (0, 10):
            writer.record(step, Measurement(statistics.astype("f4"), histogram))
            writer.log(step, {"loss": 1.0})
    return path


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("overview", ["--quantity", "weight", "--statistic", "max"], "maximum of the"),
        ("layer-curves", ["--band", "percentiles"], "2nd to 98th percentile"),
        ("layer-curves", ["--smoothing", "500", "--scale", "symlog"], "over 500 steps"),
        ("saturation", ["--log-steps"], "share of saturated values"),
        ("update-ratio", ["--panels", "layers"], "pdate-to-weight ratio"),
        ("histograms", ["--step", "0", "--layers", "hidden_2"], "at step 0"),
        ("histogram-map", ["--quantity", "weight", "--scale", "symlog"], "per decade"),
        ("ridgelines", ["--log-steps"], "step by step"),
        ("depth-profile", ["--layers", "hidden_1", "--scale", "linear"], "at step 10"),
        ("depth-profile", ["--theory"], "theory, before training"),
        ("layer-card", ["--layer", "hidden_1"], "Layer hidden_1 at step 10"),
        ("layer-curves", ["--theory"], "theory, before training"),
        ("training-curves", ["--full-range"], "Training curves"),
    ],
)
def test_figures_are_drawn_into_files(
    recorded, tmp_path, capsys, monkeypatch, name, settings, said
):
    # Store text as letters, not as outlines.
    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    path = tmp_path / "figure.svg"
    assert main(["figure", recorded, name, "-o", str(path), *settings]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    drawn = path.read_text()
    assert said in drawn
    names_no_layer = ("histograms", "training-curves")
    assert ("hidden_1" in drawn) == (name not in names_no_layer)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".CSV"])
def test_figures_are_written_in_all_formats(recorded, tmp_path, suffix):
    path = tmp_path / f"figure{suffix}"
    assert main(["figure", recorded, recorded, "depth-profile", "-o", str(path)]) == 0
    beginning = {
        ".png": b"\x89PNG",
        ".pdf": b"%PDF",
        ".svg": b"<?xml",
        ".CSV": b"run,step,layer,std_activation",
    }[suffix]
    assert path.read_bytes().startswith(beginning)


@pytest.mark.parametrize(
    "name",
    [
        *("overview", "layer-curves", "saturation", "update-ratio"),
        *("histograms", "histogram-map", "ridgelines", "training-curves"),
    ],
)
def test_several_runs_are_drawn_together(recorded, tmp_path, monkeypatch, name):
    monkeypatch.setitem(matplotlib.rcParams, "svg.fonttype", "none")
    path = tmp_path / "figure.svg"
    assert main(["figure", recorded, recorded, name, "-o", str(path)]) == 0
    assert "2 runs" in path.read_text()


@pytest.mark.parametrize(
    "arguments",
    [["histogram-map"], ["ridgelines"], ["ridgelines", "--panels", "layers"]],
)
def test_numbers_of_several_runs_include_the_run(recorded, tmp_path, arguments):
    other = tmp_path / "other.zarr"
    shutil.copytree(open_run(recorded).path, other)
    path = tmp_path / "numbers.csv"
    assert main(["figure", recorded, str(other), *arguments, "-o", str(path)]) == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["run", "layer", "step", "from", "to", "density"]
    of_run = {
        name: [{**row, "run": ""} for row in rows if row["run"] == name]
        for name in {row["run"] for row in rows}
    }
    one, same = of_run.values()
    assert one == same
    assert {row["step"] for row in one} == {"0", "10"}


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("overview", "step,hidden_1,hidden_2"),
        ("layer-curves", "run,layer,step,mean,mean_minus_std,mean_plus_std"),
        ("saturation", "run,layer,step,saturated"),
        ("update-ratio", "run,layer,step,update_to_weight_ratio"),
        ("histograms", "run,step,layer,from,to,values,share"),
        ("histogram-map", "layer,step,from,to,density"),
        ("ridgelines", "layer,step,from,to,density"),
        ("training-curves", "run,metric,step,value"),
    ],
)
def test_the_numbers_of_a_figure(recorded, tmp_path, name, header):
    path = tmp_path / "numbers.csv"
    assert main(["figure", recorded, name, "-o", str(path)]) == 0
    first, *rows = path.read_text().splitlines()
    assert first == header
    steps = {row.split(",")[header.split(",").index("step")] for row in rows}
    assert steps == ({"10"} if name == "histograms" else {"0", "10"})


def test_written_numbers_equal_the_numbers_of_the_run(recorded, tmp_path):
    path = tmp_path / "numbers.csv"
    arguments = ("layer-curves", "--layers", "hidden_2", "--quantity", "weight")
    assert main(["figure", recorded, *arguments, "-o", str(path)]) == 0
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    mean = open_run(recorded).read_statistics("weight", "mean")[:, 1]
    assert [np.float32(row["mean"]) for row in rows] == mean.tolist()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["overviev"], "training-curves"),
        (["depth-profile", "--band", "std"], "depth-profile has no option --band"),
        (["depth-profile", "--layers", "hidden"], "Allowed: hidden_1, hidden_2"),
        (["overview", "--layers", "hidden"], "Allowed: hidden_1, hidden_2"),
        (["histograms", "--step", "5"], "are 0 and 10. Choose --step 0 or --step 10\n"),
        (["depth-profile", "--step", "500"], "the last one is 10. Choose --step 10\n"),
        (["overview", "-o", "figure.bmp"], ".csv, .pdf, .png, .svg"),
        (["layer-curves", "--smoothing", "-1"], "must be 0 or more. Received: -1"),
        (["layer-curves", "--smoothing", "nan"], "must be 0 or more. Received: nan"),
        (
            ["training-curves", "--scale", "auto"],
            "--scale of training-curves must be one of linear, log, symlog",
        ),
        (["ridgelines", "--scale", "log"], "must be one of auto, linear, symlog"),
        (["layer-curves", "--panels", "rows"], "'together', 'layers', 'runs'"),
        (
            ["ridgelines", "--panels", "together"],
            "ridgelines must be one of runs, layers",
        ),
        (["histogram-map", "--panels", "layers"], "has no option --panels"),
        (["saturation", "--quantity", "weight"], "saturation has no option"),
        (["histogram-map", "--log-steps", "--smoothing", "5"], "has no option --smoo"),
    ],
)
def test_invalid_figures_list_the_allowed_values(
    recorded, tmp_path, capsys, arguments, named
):
    output = [] if "-o" in arguments else ["-o", str(tmp_path / "figure.png")]
    with pytest.raises(SystemExit) as exit_:
        main(["figure", recorded, *arguments, *output])
    assert exit_.value.code == 2
    assert named in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_figure_of_a_missing_run_is_an_error(tmp_path, capsys):
    output = str(tmp_path / "figure.png")
    assert main(["figure", str(tmp_path / "nothing"), "overview", "-o", output]) == 1
    assert "nothing" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_sweep_rejects_equal_run_names(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["sweep", "--updates", "10", "20", "--folder", str(tmp_path)])
    assert exit_.value.code == 2
    assert "would be one run" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_sweep_rejects_invalid_hyperparameters(tmp_path, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["sweep", "--units", "10", "0", "--folder", str(tmp_path)])
    assert exit_.value.code == 2
    assert "--units must be 1 or more. Received: 0\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--quantity", "weight"],
            "--quantity requires --figure overview, ",
        ),
        (
            ["--figure", "depth-profile", "--band", "std"],
            "--band requires --figure layer-curves",
        ),
        (["--figure", "photo"], "invalid choice: 'photo'"),
        (["--lesson", "77"], "--lesson must be one of 1"),
    ],
)
def test_view_rejects_invalid_options(options, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["view", "runs", *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
