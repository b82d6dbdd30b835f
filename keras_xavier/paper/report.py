"""The report of a reproduction: one Markdown file, one HTML page."""

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

from keras_xavier.experiments.experiment import DATASET_TITLES, Experiment, place
from keras_xavier.paper.claims import CLAIMS, Claim, Verdict
from keras_xavier.paper.learning_rates import choice_for
from keras_xavier.paper.report_figures import ReportFigure, plates
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
"""What the runs themselves do not know of."""
PAUSE_SECONDS = 60.0
"""From one record to the next in a run that was broken off, or lost its worker."""
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
    """Draws all figures, checks all claims and writes both files of the report.

    Args:
        of: A reproduction whose runs are finished.
        svm_error: Test error of the support vector machine, from 0 to 1.

    Returns:
        The claims and what became of them.

    Raises:
        RunError: If a run is missing.
        OSError: If the folder cannot be written.
    """
    folder = of.folder / FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    shown = plates(of, svm_error)
    for plate in shown:
        save(plate.draw(), folder / f"figure-{plate.number:02}.svg")
    verdicts = [(claim, claim.check(of)) for claim in CLAIMS]
    text = "\n\n".join(
        [
            "# Understanding the difficulty of training deep feedforward neural "
            "networks: a reproduction",
            introduction(of, verdicts),
            "## Claims",
            claims_table(verdicts),
            *analyses(verdicts),
            "## Table 1: test errors",
            as_markdown(results(of)),
            explanation(of.size.seeds),
            *(part for plate in shown for part in plate_texts(plate, of)),
            "## Settings",
            settings(of),
            "## Time and versions",
            provenance(of, svm_error),
        ]
    )
    (of.folder / MARKDOWN).write_text(text + "\n", encoding="utf-8")
    (of.folder / HTML).write_text(as_html(text, of.folder), encoding="utf-8")
    return verdicts


def save(figure: Figure, path: Path) -> None:
    """Writes a figure that is the same, byte by byte, when it is drawn again."""
    with mpl.rc_context({"svg.hashsalt": path.name}):
        figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")


def introduction(of: Reproduction, verdicts: list[tuple[Claim, Verdict]]) -> str:
    seen = sum(verdict.seen for _, verdict in verdicts)
    size = of.size
    updates = " and ".join(
        f"{size.updates[name]:,} updates on {DATASET_TITLES[name]}"
        for name in of.datasets
    )
    missing = [DATASET_TITLES[name] for name in size.updates if name not in of.datasets]
    without = ""
    if missing:
        be = "is" if len(missing) == 1 else "are"
        with_them = ", and with them figure 12" if of.datasets == (SHAPESET,) else ""
        without = f" {' and '.join(missing)} {be} left out{with_them}."
    return (
        "X. Glorot and Y. Bengio, AISTATS 2010, done again with keras-xavier: networks "
        f"of {LAYERS} hidden layers of {size.units} units, trained by {updates}, with "
        f"{counted(size.seeds, 'seed')}. The paper has 1000 units and up to 5 million "
        "updates."
        f"{without}\n\n**{seen} of {len(verdicts)} claims were seen.**"
    )


def claims_table(verdicts: list[tuple[Claim, Verdict]]) -> str:
    rows = [
        "| seen | the paper says | where | found | expected |",
        "|---|---|---|---|---|",
    ]
    for claim, verdict in verdicts:
        rows.append(
            f"| {'yes' if verdict.seen else '**no**'} | {claim.statement} "
            f"| {claim.place} | {verdict.found} | {verdict.expected} |"
        )
    return "\n".join(rows)


def analyses(verdicts: list[tuple[Claim, Verdict]]) -> list[str]:
    """What it suggests that some claims were not seen."""
    unseen = [
        f"- **{claim.statement}** {verdict.analysis}"
        for claim, verdict in verdicts
        if not verdict.seen
    ]
    return ["### What was not seen", "\n".join(unseen)] if unseen else []


def plate_texts(plate: ReportFigure, of: Reproduction) -> list[str]:
    name = f"{FIGURES}/figure-{plate.number:02}.svg"
    texts = [
        f"## Figure {plate.number}: {plate.title}",
        f"The paper shows: {plate.message}",
        f"![Figure {plate.number}: {plate.title}]({name})",
        f"Ours: {plate.ours}",
    ]
    if plate.look:
        command = f"keras-xavier view {paths_of(plate.runs, of)} {plate.look}"
        texts.append(f"In the app, from the folder of the report: `{command}`")
    return texts


def paths_of(runs: Sequence[Run], of: Reproduction) -> str:
    """Paths of runs for a command line: of many, a pattern for each data set."""
    if len(runs) <= 2:
        return " ".join(os.path.relpath(run.path, of.folder) for run in runs)
    folder = os.path.relpath(of.runs_folder, of.folder)
    datasets = dict.fromkeys(run.hyperparameters["dataset"] for run in runs)
    return " ".join(f"{folder}/{dataset}-*.zarr" for dataset in datasets)


def settings(of: Reproduction) -> str:
    rows = [
        "Plain stochastic gradient descent, batches of 10, all biases 0 at first, "
        "negative log-likelihood of a softmax; statistics on the first 300 test "
        "examples. Learning rates have the lowest validation error of those tried:",
        "| data set | scheme | hidden layers | learning rate | chosen at |",
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
        f"The pre-trained network is tanh with {of.size.pretraining_updates:,} updates "
        "of a denoising autoencoder for each hidden layer, a quarter of whose inputs "
        "are set to 0."
    )
    return "\n\n".join([rows[0], "\n".join(table), pretraining])


def rate_row(name: str, experiment: Experiment, *, given: bool) -> str:
    how = "given" if given else found_by(experiment)
    return (
        f"| {DATASET_TITLES[experiment.dataset]} | {name} | {experiment.layers} "
        f"| {experiment.learning_rate:g} | {how} |"
    )


def found_by(experiment: Experiment) -> str:
    """How the learning rate of an experiment was found, in words."""
    choice = choice_for(experiment)
    tried = ", ".join(
        f"{rate}: {error:.1%}" for rate, error in choice.validation_errors.items()
    )
    how = (
        f"{choice.units} units, {choice.updates:,} updates, "
        f"{counted(len(choice.seeds), 'seed')}: {tried}"
    )
    if choice.is_at_edge:
        how += "; at the edge of what was tried"
    if choice.dataset != experiment.dataset:
        title = DATASET_TITLES[choice.dataset]
        how = f"taken from {title}: not chosen on this data set ({how})"
    return how


def provenance(of: Reproduction, svm_error: float) -> str:
    runs = [open_run(place(one, of.runs_folder)) for one in of.experiments()]
    hours = sum(seconds_of(run) for run in runs) / 3600
    return "\n".join(
        [
            f"- {len(runs)} networks, {hours:.1f} hours of training in all, one "
            "processor for each network; pauses and the pre-training are not counted. "
            f"This report was made on {os.cpu_count()} processors "
            f"({platform.machine()}).",
            f"- Seeds 0 to {of.size.seeds - 1} of initial weights, order of examples "
            "and noise.",
            f"- Support vector machine: {of.size.svm_examples:,} training images, "
            f"{svm_error:.2%} (the paper: 100,000 images, {SVM_ERROR} %).",
            f"- {versions(runs)}.",
        ]
    )


def seconds_of(run: Run) -> float:
    """How long a run was trained, without the pauses of one that was resumed."""
    between = np.diff(run.wall_times)
    return float(between[between < PAUSE_SECONDS].sum())


def versions(runs: Sequence[Run]) -> str:
    """What the runs were made with, and what the runs do not know of, in words."""
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
    """The report as a page that needs no other file."""
    body = MarkdownIt("commonmark").enable("table").render(text)

    def inline(match: re.Match[str]) -> str:
        picture = base64.b64encode((folder / match[1]).read_bytes()).decode("ascii")
        return f'src="data:image/svg+xml;base64,{picture}"'

    body = re.sub(rf'src="({FIGURES}/figure-\d\d\.svg)"', inline, body)
    title = text.partition("\n")[0].removeprefix("# ")
    return PAGE.format(title=title, body=body)
