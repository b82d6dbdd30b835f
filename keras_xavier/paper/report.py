"""The report of a reproduction, as Markdown and as one HTML page."""

import base64
import os
import platform
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import matplotlib as mpl
import numpy as np
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from keras_xavier.experiments.experiment import DATA, DATASET_TITLES, Experiment
from keras_xavier.paper.claims import Claim, Verdict, claims_of
from keras_xavier.paper.knees import knees_table
from keras_xavier.paper.learning_rates import choice_for
from keras_xavier.paper.report_figures import ReportFigure, report_figures
from keras_xavier.paper.reproduction import (
    LAYERS,
    SHAPESET,
    SIGMOID_LAYERS,
    Reproduction,
)
from keras_xavier.paper.results import as_markdown, explanation, results
from keras_xavier.paper.schemes import SCHEMES, SIGMOID, SVM_ERROR
from keras_xavier.paper.test_error_curves import counted
from keras_xavier.runs import Run, open_run

MARKDOWN, HTML, FIGURES = "report.md", "report.html", "figures"
PACKAGES = ("ray", "scikit-learn")
"""Packages whose versions are not stored in runs."""
TRAINING = {SHAPESET: "an endless stream of", "mnist": "50,000", "cifar10": "40,000"}
"""Sizes of the training sets, as in Glorot & Bengio (2010)."""
PAUSE_SECONDS = 60.0
"""Longer gaps between records count as interruptions, not as training."""
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color: #222; background: #fff; }}
table {{ border-collapse: collapse; font-size: 0.9rem; }}
th, td {{ border-bottom: 1px solid #ddd; padding: 0.3rem 0.6rem; text-align: left;
  vertical-align: top; }}
img {{ max-width: 100%; }}
code {{ background: #f3f3f3; padding: 0 0.2em; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def write_report(of: Reproduction, svm_error: float) -> list[tuple[Claim, Verdict]]:
    """Draws all figures, checks all claims and writes the report.

    Args:
        of: `Reproduction`. All its runs must be finished.
        svm_error: float from 0 to 1. Test error of the support vector machine.

    Returns:
        List of pairs of `Claim` and `Verdict`.

    Raises:
        RunError: If a run is missing.
        OSError: If the folder cannot be written.
    """
    folder = of.folder / FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    figures = report_figures(of, svm_error)
    for figure in figures:
        save(figure.draw(), folder / f"figure-{figure.number:02}.svg")
    verdicts = [(claim, claim.check(of)) for claim in claims_of(of)]
    text = "\n\n".join(
        [
            "# Understanding the difficulty of training deep feedforward neural "
            "networks: a reproduction",
            introduction(of, verdicts),
            "## Claims",
            claims_table(verdicts),
            *analyses(verdicts),
            "### When softsign is in its knees",
            knees_table(of),
            "## Table 1: test errors",
            as_markdown(results(of)),
            explanation(of.size.seeds),
            *(part for figure in figures for part in figure_texts(figure, of)),
            "## Hyperparameters",
            hyperparameters(of),
            "## Data",
            data(of),
            "## Time and versions",
            provenance(of, svm_error),
        ]
    )
    (of.folder / MARKDOWN).write_text(text + "\n", encoding="utf-8")
    (of.folder / HTML).write_text(as_html(text, of.folder), encoding="utf-8")
    return verdicts


def save(figure: Figure, path: Path) -> None:
    """Writes a figure reproducibly: equal figures give equal files."""
    with mpl.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def introduction(of: Reproduction, verdicts: list[tuple[Claim, Verdict]]) -> str:
    reproduced = sum(verdict.reproduced for _, verdict in verdicts)
    size = of.size
    *most, last = (
        f"{size.updates[name]:,} updates on {DATASET_TITLES[name]}"
        for name in of.datasets
    )
    updates = f"{', '.join(most)} and {last}" if most else last
    missing = [DATASET_TITLES[name] for name in size.updates if name not in of.datasets]
    omitted = ""
    if missing:
        be = "is" if len(missing) == 1 else "are"
        figure_12 = ", and so is figure 12" if of.datasets == (SHAPESET,) else ""
        omitted = f" {' and '.join(missing)} {be} omitted{figure_12}."
    return (
        "X. Glorot and Y. Bengio, AISTATS 2010, reproduced with keras-xavier: networks "
        f"with {LAYERS} hidden layers of {size.units:,} units, trained for {updates}, "
        f"{counted(size.seeds, 'seed')}. The paper has 1,000 units and up to 5 million "
        "updates. *Standard* is the PyTorch-style uniform initialization, *normalized* "
        f"(N) is the Glorot uniform initialization.{omitted}{copies(of)}\n\n"
        f"**{reproduced} of {len(verdicts)} claims were reproduced.**"
    )


def copies(of: Reproduction) -> str:
    """Names the data sets whose images are JPEG copies; empty if none are."""
    names = [
        DATASET_TITLES[dataset]
        for dataset in of.datasets
        if any("JPEG" in source for source in sources(of, dataset))
    ]
    if not names:
        return ""
    return (
        f" The images of {' and '.join(names)} are JPEG copies of the original images "
        "(see [Data](#data))."
    )


def sources(of: Reproduction, dataset: str) -> list[str]:
    """Lists the descriptions of the files that the runs on a data set were given."""
    runs = [run for scheme in SCHEMES for run in of.runs(scheme, dataset)]
    missing = "generated" if dataset == SHAPESET else "files not recorded"
    return sorted({str(run.hyperparameters.get(DATA, missing)) for run in runs})


def data(of: Reproduction) -> str:
    """Describes where the images come from, and the size of each set."""
    return "\n".join(
        f"- {DATASET_TITLES[dataset]}: {'; '.join(sources(of, dataset))}. Training: "
        f"{TRAINING[dataset]} images, validation and test: 10,000 images each, as in "
        "the paper."
        for dataset in of.datasets
    )


def claims_table(verdicts: list[tuple[Claim, Verdict]]) -> str:
    rows = [
        "| reproduced | claim of the paper | section | found | expected |",
        "|---|---|---|---|---|",
    ]
    for claim, verdict in verdicts:
        rows.append(
            f"| {'yes' if verdict.reproduced else '**no**'} | {claim.statement} "
            f"| {claim.place} | {verdict.found} | {verdict.expected} |"
        )
    return "\n".join(rows)


def analyses(verdicts: list[tuple[Claim, Verdict]]) -> list[str]:
    """Returns possible reasons for the claims that were not reproduced."""
    reasons = [
        f"- **{claim.statement}** {verdict.analysis}"
        for claim, verdict in verdicts
        if not verdict.reproduced
    ]
    return ["### Claims not reproduced", "\n".join(reasons)] if reasons else []


def figure_texts(figure: ReportFigure, of: Reproduction) -> list[str]:
    name = f"{FIGURES}/figure-{figure.number:02}.svg"
    texts = [
        f"## Figure {figure.number}: {figure.title}",
        f"The paper shows: {figure.message}",
        f"![Figure {figure.number}: {figure.title}]({name})",
        f"Ours: {figure.ours}",
    ]
    if figure.spec:
        command = f"keras-xavier view {paths_of(figure.runs, of)} {figure.spec}"
        texts.append(
            f"To open it in the app, from the folder of the report: `{command}`"
        )
    return texts


def paths_of(runs: Sequence[Run], of: Reproduction) -> str:
    """Paths of runs for a command line; patterns if there are more than two."""
    if len(runs) <= 2:
        return " ".join(os.path.relpath(run.path, of.folder) for run in runs)
    folder = os.path.relpath(of.runs_folder, of.folder)
    datasets = dict.fromkeys(run.hyperparameters["dataset"] for run in runs)
    return " ".join(f"{folder}/{dataset}-*.zarr" for dataset in datasets)


def hyperparameters(of: Reproduction) -> str:
    rows = [
        "Plain stochastic gradient descent with batches of 10; biases initialized to "
        "0; negative log-likelihood of a softmax; statistics on the first 300 test "
        "examples. Each learning rate has the lowest validation error of those tried:",
        "| data set | scheme | hidden layers | learning rate | chosen with |",
        "|---|---|---|---|---|",
    ]
    table = rows[1:]
    given = of.learning_rate is not None
    table += [
        rate_row(scheme.name, of.experiment(scheme, dataset), given=given)
        for dataset in of.datasets
        for scheme in SCHEMES
    ]
    four = of.experiment(SIGMOID, layers=SIGMOID_LAYERS)
    table.append(rate_row(SIGMOID.name, four, given=given))
    pretraining = (
        "The pre-trained network is a tanh network whose hidden layers were each "
        f"trained as a denoising autoencoder for {of.size.pretraining_updates:,} "
        "updates, with a quarter of the inputs set to 0."
    )
    return "\n\n".join([rows[0], "\n".join(table), pretraining])


def rate_row(name: str, experiment: Experiment, *, given: bool) -> str:
    how = "given" if given else found_by(experiment)
    return (
        f"| {DATASET_TITLES[experiment.dataset]} | {name} | {experiment.layers} "
        f"| {experiment.learning_rate:g} | {how} |"
    )


def found_by(experiment: Experiment) -> str:
    """Describes how the learning rate of an experiment was chosen."""
    choice = choice_for(experiment)
    tried = ", ".join(
        f"{rate}: {error:.1%}" for rate, error in choice.validation_errors.items()
    )
    how = (
        f"{choice.units:,} units, {choice.updates:,} updates, "
        f"{counted(len(choice.seeds), 'seed')}: {tried}"
    )
    if choice.is_at_edge:
        how += "; the largest or smallest rate tried"
    return how


def provenance(of: Reproduction, svm_error: float) -> str:
    runs = [open_run(one.run_path(of.runs_folder)) for one in of.experiments()]
    hours = sum(seconds_of(run) for run in runs) / 3600
    last = of.size.seeds - 1
    seeds = f"Seeds 0 to {last}" if last else "Seed 0"
    return "\n".join(
        [
            f"- {len(runs)} networks, {hours:.1f} hours of training in total, on one "
            "processor each; interruptions and pre-training are not counted. "
            f"This report was written on {os.cpu_count()} processors "
            f"({platform.machine()}).",
            f"- {seeds} for initial weights, order of examples and noise.",
            f"- Support vector machine: {of.size.svm_examples:,} training images, "
            f"{svm_error:.2%} (the paper: 100,000 images, {SVM_ERROR}%).",
            f"- {versions(runs)}.",
        ]
    )


def seconds_of(run: Run) -> float:
    """Returns the training time of a run in seconds, without interruptions."""
    between = np.diff(run.wall_times)
    return float(between[between < PAUSE_SECONDS].sum())


def versions(runs: Sequence[Run]) -> str:
    """Lists the package versions stored in the runs, and the versions of `PACKAGES`."""
    found: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        stored = run.attributes.get("versions")
        if isinstance(stored, Mapping):
            for name, number in stored.items():
                found[name.replace("_", "-")].add(str(number))
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            installed = version(name)
            found[name].add(installed)
    return ", ".join(
        f"{name} {' and '.join(sorted(numbers))}" for name, numbers in found.items()
    )


def as_html(text: str, folder: Path) -> str:
    """Renders the report as a self-contained page."""
    body = MarkdownIt("commonmark").enable("table").render(text)

    def inline(match: re.Match[str]) -> str:
        image = base64.b64encode((folder / match[1]).read_bytes()).decode("ascii")
        return f'src="data:image/svg+xml;base64,{image}"'

    body = re.sub(rf'src="({FIGURES}/figure-\d\d\.svg)"', inline, body)
    title = text.partition("\n")[0].removeprefix("# ")
    return PAGE.format(title=title, body=body)
