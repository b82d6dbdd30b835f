"""The whole reproduction, small, as the command makes it."""

import re
import shutil
import socket
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from keras_xavier.cli import main
from keras_xavier.cli.reproduce import available
from keras_xavier.datasets import DatasetError
from keras_xavier.experiments.experiment import Experiment
from keras_xavier.paper.claims import CLAIMS
from keras_xavier.paper.learning_rates import choice_for
from keras_xavier.paper.report import settings
from keras_xavier.paper.reproduction import SIZES, Reproduction
from keras_xavier.paper.schemes import SCHEMES, SIGMOID
from keras_xavier.runs import State, find_runs

SMALL = [
    *("reproduce", "--units", "12", "--seeds", "1"),
    *("--pretraining-updates", "20", "--svm-examples", "300", "--updates", "8"),
]
# Many networks, in processes that start slowly on a busy machine.
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


def test_every_figure_is_a_picture(made):
    folder, _, _ = made
    names = [path.name for path in sorted((folder / "figures").iterdir())]
    assert names == [f"figure-{number:02}.svg" for number in range(1, 12)]
    for name in names:
        root = ElementTree.parse(folder / "figures" / name).getroot()  # noqa: S314
        assert root.tag.endswith("svg")


def test_the_report_has_figures_table_claims_and_settings(made):
    folder, _, _ = made
    text = (folder / "report.md").read_text("utf-8")
    for number in range(1, 12):
        assert f"## Figure {number}:" in text
        assert f"figures/figure-{number:02}.svg" in text
    for claim in CLAIMS:
        assert claim.statement in text
    assert "| Shapeset-3×2 | Sigmoid | 82.61 |" in text
    assert "MNIST and CIFAR-10 are left out, and with them figure 12." in text
    assert text.count("\nOurs: ") == text.count("\nThe paper shows: ") == 11
    unseen = text.count("| **no** |")
    assert 0 < unseen == text.count("\n- **")
    assert re.search(r"keras \d+\.\d+", text)
    rate = choice_for(SIGMOID.experiment()).learning_rate
    assert f"| Shapeset-3×2 | Sigmoid | 5 | {rate:g} | 200 units" in text


def test_the_page_needs_no_other_file(made):
    folder, _, _ = made
    sources = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            sources.extend(v for k, v in attributes if k in ("src", "href"))

    Reader().feed((folder / "report.html").read_text("utf-8"))
    assert len(sources) == 11
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_a_second_time_nothing_is_trained_and_check_tells_by_its_status(made, capsys):
    folder, nothing, _ = made
    before = {run.path: run.updated for run in find_runs(str(folder / "runs"))}
    status = main([*SMALL, "--folder", str(folder), "--data-dir", nothing, "--check"])
    after = {run.path: run.updated for run in find_runs(str(folder / "runs"))}
    assert after == before
    printed = capsys.readouterr()
    # So small and short, networks do not show all that the paper saw.
    assert status == 1
    assert "NOT SEEN" in printed.out
    last = printed.err.strip().splitlines()[-1]
    assert last.startswith("Not seen: ")
    assert set(last.removeprefix("Not seen: ").split(", ")) <= {c.name for c in CLAIMS}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, prepare_dataset):
    data_dir = tmp_path_factory.mktemp("tfds")
    for name in ("mnist", "cifar10"):
        # 10,000 of them are for validation.
        prepare_dataset(name, data_dir, train=10_020, test=300)
    return str(data_dir)


def test_all_data_sets_are_in_figures_table_and_settings(
    made, prepared, tmp_path, capsys
):
    # What is finished of Shapeset-3×2 is not trained again.
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    assert main([*SMALL, "--folder", str(tmp_path), "--data-dir", prepared]) == 0
    told = capsys.readouterr().err
    assert "Looking for MNIST …" in told
    assert "Downloading" not in told
    assert len(find_runs(str(tmp_path / "runs"))) == 2 + 3 * len(SCHEMES)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "## Figure 12: Test error on MNIST and CIFAR-10" in text
    assert (tmp_path / "figures" / "figure-12.svg").exists()
    for scheme in SCHEMES:
        for title, name in (("MNIST", "mnist"), ("CIFAR-10", "cifar10")):
            row = f"| {title} | {scheme.name} | {scheme.errors[name]:.2f} |"
            assert row in text
        rate = choice_for(scheme.experiment(dataset="mnist")).learning_rate
        taken = f"| CIFAR-10 | {scheme.name} | 5 | {rate:g} | taken from MNIST: not"
        assert taken in text


def test_a_learning_rate_that_was_given_is_said_to_be(tmp_path):
    given = Reproduction(tmp_path, SIZES["quick"], learning_rate=0.05)
    assert settings(given).count("| 0.05 | given |") == len(SCHEMES) + 1


def test_what_is_not_installed_is_told_before_anything_is_downloaded(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(
        "keras_xavier.cli.reproduce.find_spec", lambda name: name != "ray" or None
    )
    assert main(["reproduce", "--folder", str(tmp_path / "made")]) == 1
    told = capsys.readouterr().err
    assert "pip install 'keras-xavier[paper]'" in told
    assert "Looking for" not in told
    assert not (tmp_path / "made").exists()


def test_data_sets_can_be_left_out(tmp_path, capsys):
    assert available(["shapeset3x2"], str(tmp_path)) == []
    assert capsys.readouterr().err == ""


@pytest.fixture
def no_network(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("no_network")
def test_without_a_network_it_is_told_what_is_missing(tmp_path, capsys):
    assert available(None, str(tmp_path)) == []
    told = capsys.readouterr().err
    for title in ("MNIST", "CIFAR-10"):
        assert f"Looking for {title} …\nDownloading {title}" in told
        assert f"Without {title}: " in told
    with pytest.raises(DatasetError, match="mnist is not prepared"):
        available(["mnist"], str(tmp_path))


def test_the_quick_size_is_within_its_limits():
    size = SIZES["quick"]
    assert size.units == 200
    assert max(size.updates.values()) <= 60_000
    assert SIZES["paper"].units == 1000
    assert set(SIZES["paper"].updates.values()) == {5_000_000}


def test_experiments_differ_and_have_the_paper_s_batches(tmp_path):
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
def test_wrong_use_is_told_before_anything_starts(arguments, message, capsys):
    with pytest.raises(SystemExit) as left:
        main(["reproduce", *arguments])
    assert left.value.code == 2
    assert message in capsys.readouterr().err
