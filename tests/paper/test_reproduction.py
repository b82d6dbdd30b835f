"""A small but complete reproduction, run by the command."""

import re
import shutil
import socket
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from keras_xavier.cli import main
from keras_xavier.cli.reproduce import available
from keras_xavier.datasets import DatasetError
from keras_xavier.experiments.experiment import DATASETS, Experiment
from keras_xavier.paper.claims import CLAIMS
from keras_xavier.paper.learning_rates import choice_for
from keras_xavier.paper.report import hyperparameters
from keras_xavier.paper.reproduction import SHAPESET, SIZES, Reproduction
from keras_xavier.paper.schemes import SCHEMES, SIGMOID
from keras_xavier.runs import State, find_runs

SMALL = [
    *("reproduce", "--units", "12", "--seeds", "1"),
    *("--pretraining-updates", "20", "--svm-examples", "300", "--updates", "8"),
]
# Ray workers start slowly on a busy machine.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def made(tmp_path_factory, ray_running):
    folder = tmp_path_factory.mktemp("reproduction")
    nothing = str(tmp_path_factory.mktemp("no-data"))
    status = main([*SMALL, "--folder", str(folder), "--data-dir", nothing])
    return folder, nothing, status


def test_every_experiment_has_a_finished_run(made):
    folder, _, status = made
    assert status == 0
    runs = find_runs(str(folder / "runs"))
    assert len(runs) == 7
    assert {run.state for run in runs} == {State.FINISHED}
    assert {run.last_step for run in runs} == {8}


def test_every_figure_is_an_svg_file(made):
    folder, _, _ = made
    names = [path.name for path in sorted((folder / "figures").iterdir())]
    assert names == [f"figure-{number:02}.svg" for number in range(1, 12)]
    for name in names:
        root = ElementTree.parse(folder / "figures" / name).getroot()  # noqa: S314
        assert root.tag.endswith("svg")


def test_the_report_has_figures_table_claims_and_hyperparameters(made):
    folder, _, _ = made
    text = (folder / "report.md").read_text("utf-8")
    for number in range(1, 12):
        assert f"## Figure {number}:" in text
        assert f"figures/figure-{number:02}.svg" in text
    for claim in CLAIMS:
        assert (claim.statement in text) is (claim.dataset == SHAPESET)
    assert "| Shapeset-3×2 | Sigmoid | 82.61 |" in text
    assert "| Shapeset-3×2 | Softsign N | 0.03 | 8 | – | " in text
    assert "JPEG" not in text
    assert "- Shapeset-3×2: generated. Training: an endless stream" in text
    assert "MNIST and CIFAR-10 are omitted, and so is figure 12." in text
    assert text.count("\nOurs: ") == text.count("\nThe paper shows: ") == 11
    missing = text.count("| **no** |")
    assert 0 < missing == text.count("\n- **")
    assert re.search(r"keras \d+\.\d+", text)
    rate = choice_for(SIGMOID.experiment()).learning_rate
    assert f"| Shapeset-3×2 | Sigmoid | 5 | {rate:g} | 200 units" in text


def test_the_page_is_self_contained(made):
    folder, _, _ = made
    sources = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            sources.extend(v for k, v in attributes if k in ("src", "href"))

    Reader().feed((folder / "report.html").read_text("utf-8"))
    assert len(sources) == 11
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_finished_runs_are_skipped_and_check_sets_the_exit_status(made, capsys):
    folder, nothing, _ = made
    before = {run.path: run.updated for run in find_runs(str(folder / "runs"))}
    status = main([*SMALL, "--folder", str(folder), "--data-dir", nothing, "--check"])
    after = {run.path: run.updated for run in find_runs(str(folder / "runs"))}
    assert after == before
    printed = capsys.readouterr()
    # Such small networks cannot reproduce all claims.
    assert status == 1
    assert "NOT REPRODUCED" in printed.out
    last = printed.err.strip().splitlines()[-1]
    assert last.startswith("Not reproduced: ")
    names = last.removeprefix("Not reproduced: ").split(", ")
    assert set(names) <= {claim.name for claim in CLAIMS}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, prepare_dataset):
    data_dir = tmp_path_factory.mktemp("tfds")
    for name in ("mnist", "cifar10"):
        # 10,000 are split off for validation.
        encoding = "jpeg" if name == "cifar10" else "png"
        prepare_dataset(name, data_dir, train=10_020, test=300, encoding=encoding)
    return str(data_dir)


def test_all_datasets_are_in_figures_table_and_hyperparameters(
    made, prepared, tmp_path, capsys, write_experiment
):
    # The runs on Shapeset-3×2 are finished and skipped, and so are written runs: one
    # network is trained on each of the other data sets.
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    size = replace(
        SIZES["quick"], units=12, seeds=1, updates=dict.fromkeys(DATASETS, 8)
    )
    of = Reproduction(tmp_path, size, DATASETS)
    for name in DATASETS[1:]:
        for scheme in SCHEMES[1:]:
            written = of.experiment(scheme, name)
            write_experiment(written, of.runs_folder, {}, data=f"{name} of a test")
    assert main([*SMALL, "--folder", str(tmp_path), "--data-dir", prepared]) == 0
    messages = capsys.readouterr().err
    assert "Loading MNIST …" in messages
    assert "Downloading" not in messages
    assert len(find_runs(str(tmp_path / "runs"))) == 2 + 3 * len(SCHEMES)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "## Figure 12: Test error on MNIST and CIFAR-10" in text
    assert (tmp_path / "figures" / "figure-12.svg").exists()
    for scheme in SCHEMES:
        for title, name in (("MNIST", "mnist"), ("CIFAR-10", "cifar10")):
            row = f"| {title} | {scheme.name} | {scheme.errors[name]:.2f} |"
            assert row in text
        rate = choice_for(scheme.experiment(dataset="cifar10")).learning_rate
        chosen = f"| CIFAR-10 | {scheme.name} | 5 | {rate:g} | 200 units, 30,000 "
        assert chosen in text
    for claim in CLAIMS:
        assert claim.statement in text
    (mnist,) = (line for line in text.splitlines() if line.startswith("- MNIST: "))
    assert "; mnist of a test. Training: 50,000 images, " in mnist
    assert mnist.startswith("- MNIST: mnist 3.0.1 of tensorflow-datasets, mean pixel ")
    (cifar10,) = (line for line in text.splitlines() if line.startswith("- CIFAR-10: "))
    assert "cifar10 3.0.2 of tensorflow-datasets, JPEG copies of the orig" in cifar10
    assert "The images of CIFAR-10 are JPEG copies of the original images" in text


def test_a_given_learning_rate_is_marked_in_the_report(tmp_path):
    given = Reproduction(tmp_path, SIZES["quick"], learning_rate=0.05)
    assert hyperparameters(given).count("| 0.05 | given |") == len(SCHEMES) + 1


def test_missing_packages_are_reported_before_downloads(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["reproduce", "--folder", str(tmp_path / "made")]) == 1
    messages = capsys.readouterr().err
    assert "pip install 'keras-xavier[paper]'" in messages
    assert "Loading" not in messages
    assert not (tmp_path / "made").exists()


def test_datasets_can_be_omitted(tmp_path, capsys):
    assert available(["shapeset3x2"], str(tmp_path)) == []
    assert capsys.readouterr().err == ""


@pytest.fixture
def no_network(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("no_network")
def test_without_a_network_missing_datasets_are_reported(tmp_path, capsys):
    assert available(None, str(tmp_path)) == []
    messages = capsys.readouterr().err
    for title in ("MNIST", "CIFAR-10"):
        assert f"Loading {title} …\nDownloading {title}" in messages
        assert f"Skipping {title}: " in messages
    with pytest.raises(DatasetError, match="mnist is not prepared"):
        available(["mnist"], str(tmp_path))


def test_the_quick_size_is_within_its_limits():
    size = SIZES["quick"]
    assert size.units == 200
    assert max(size.updates.values()) <= 60_000
    assert SIZES["paper"].units == 1000
    assert set(SIZES["paper"].updates.values()) == {5_000_000}


def test_experiments_differ_and_use_batches_of_ten(tmp_path):
    datasets = ("shapeset3x2", "mnist")
    experiments = Reproduction(tmp_path, SIZES["quick"], datasets).experiments()
    assert len({one.run_name() for one in experiments}) == len(experiments) == 32
    assert {one.batch_size for one in experiments} == {Experiment().batch_size} == {10}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--units", "0"], "--units must be 1 or more"),
        (["--seeds", "0"], "--seeds must be 1 or more. Received: 0"),
        (["--pretraining-updates", "0"], "--pretraining-updates must be 1 or more"),
        (["--learning-rate", "nan"], "--learning-rate must be a positive number"),
        (["--learning-rate", "0"], "--learning-rate must be a positive number"),
        (["--datasets", "imagenet"], "invalid choice: 'imagenet'"),
        (["--size", "huge"], "invalid choice: 'huge'"),
    ],
)
def test_invalid_options_are_reported_before_anything_starts(
    arguments, message, capsys
):
    with pytest.raises(SystemExit) as left:
        main(["reproduce", *arguments])
    assert left.value.code == 2
    assert message in capsys.readouterr().err
