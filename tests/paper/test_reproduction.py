"""The whole reproduction, small, as the command makes it."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from keras_xavier.cli import main
from keras_xavier.paper.claims import CLAIMS
from keras_xavier.paper.experiment import Experiment
from keras_xavier.paper.reproduction import SIZES, Reproduction
from keras_xavier.runs import State, find_runs

ARGUMENTS = [
    *("reproduce", "--units", "12", "--updates", "400", "--seeds", "1"),
    *("--pretraining-updates", "20", "--svm-examples", "300"),
    *("--learning-rate", "0.05"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduction")
    nothing = str(tmp_path_factory.mktemp("no-data"))
    status = main([*ARGUMENTS, "--folder", str(folder), "--data-dir", nothing])
    return folder, nothing, status


def test_every_experiment_has_a_finished_run(made):
    folder, _, status = made
    assert status == 0
    runs = find_runs(str(folder / "runs"))
    assert len(runs) == 7
    assert {run.state for run in runs} == {State.FINISHED}
    assert {run.last_step for run in runs} == {400}


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
    assert "MNIST and CIFAR-10 could not be had and are left out." in text
    assert text.count("\nOurs: ") == text.count("\nThe paper shows: ") == 11
    unseen = text.count("| **no** |")
    assert 0 < unseen == text.count("\n- **")
    assert re.search(r"keras \d+\.\d+", text)
    assert "| 0.05 | given |" in text


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
    status = main(
        [*ARGUMENTS, "--folder", str(folder), "--data-dir", nothing, "--check"]
    )
    after = {run.path: run.updated for run in find_runs(str(folder / "runs"))}
    assert after == before
    printed = capsys.readouterr()
    # So small and short, networks do not show all that the paper saw.
    assert status == 1
    assert "NOT SEEN" in printed.out
    last = printed.err.strip().splitlines()[-1]
    assert last.startswith("Not seen: ")
    assert set(last.removeprefix("Not seen: ").split(", ")) <= {c.name for c in CLAIMS}


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
        (["--units", "0"], "`units` must be 1 or more"),
        (["--seeds", "0"], "--seeds must be 1 or more. Received: 0"),
        (["--learning-rate", "nan"], "`learning_rate` must be a positive number"),
        (["--size", "huge"], "invalid choice: 'huge'"),
    ],
)
def test_wrong_use_is_told_before_anything_starts(arguments, message, capsys):
    with pytest.raises(SystemExit) as left:
        main(["reproduce", *arguments])
    assert left.value.code == 2
    assert message in capsys.readouterr().err
