"""Runs the code and checks the commands of the README and the pages."""

import re
import shlex
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_xavier import cli
from keras_xavier.runs import open_run

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    DOCS / "index.md",
    DOCS / "tutorial.md",
    DOCS / "architecture.md",
    *sorted(DOCS.glob("how-to/*.md")),
    DOCS / "lessons" / "index.md",
    DOCS / "reference" / "run-format.md",
    DOCS / "reference" / "thresholds.md",
    *sorted(DOCS.glob("explanation/*.md")),
]
"""Pages written by hand; the build of the site generates others."""
GENERATED = "gallery/", "../gallery/", "../examples/"


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.S | re.M)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def names():
    """The names that the pages use without defining them."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(400, 8)).astype("float32"), random.integers(3, size=400)
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(16, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return {
        "model": model,
        **{"x_train": x, "y_train": y, "x_test": x, "y_test": y},
        "batches": [(x[:10], y[:10])] * 3,
        "train_step": lambda x, y: model.train_on_batch(x, y)[0],
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run for the pages that do not record one."""
    import keras_xavier as kx

    random = np.random.default_rng(0)
    x, y = random.normal(size=(400, 8)).astype("float32"), random.integers(3, size=400)
    model = kx.models.mlp((8,), classes=3, layers=2, units=16, seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    path = tmp_path_factory.mktemp("runs") / "mine.zarr"
    model.fit(x, y, verbose=0, callbacks=[kx.LayerStatistics(str(path))])
    return path


# KerasTuner uses old names of Python's threads.
@pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning"
)
# Nothing here is a notebook.
@pytest.mark.filterwarnings("ignore:LiveFigure draws in notebooks:RuntimeWarning")
@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=name_of
)
def test_code_runs_as_written(page, names, run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = blocks(page, "python")
    if not any('LayerStatistics("runs/mine"' in block for block in code):
        (tmp_path / "runs").mkdir()
        (tmp_path / "runs" / "mine.zarr").symlink_to(run)
    for block in code:
        exec(compile(block, page.name, "exec"), names)  # noqa: S102 - our own pages
    if page == README:
        assert "(step: " in capsys.readouterr().out
        assert Path("activations.png").stat().st_size > 10_000
    if page.name == "own-loop.md":
        assert open_run("runs/own_loop").steps.tolist() == [0]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "sh")], ids=name_of
)
def test_parser_accepts_every_command(page):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    ours = [line for line in lines if line.startswith("keras-xavier ")]
    for line in ours:
        words = shlex.split(line, comments=True)[1:]
        assert callable(cli.make_parser().parse_args(words).command)
    for script in re.findall(r"^(scripts/\w+)", "\n".join(lines), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o100


def test_readme_shows_the_output_of_the_diagnosis(capsys, monkeypatch):
    """In the README, "…" stands for omitted output."""
    monkeypatch.chdir(ROOT)
    (command,) = (
        line
        for block in blocks(README, "sh")
        for line in block.splitlines()
        if line.startswith("keras-xavier diagnose")
    )
    assert cli.main(shlex.split(command)[1:]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    (shown,) = blocks(README, "text")
    position = 0
    for part in " ".join(shown.split()).split("…"):
        position = printed.find(part.strip(), position)
        assert position >= 0, f"Not in the output: {part}"


def test_readme_is_short():
    assert len(README.read_text().split()) <= 900


def test_images_of_the_readme_exist():
    images = re.findall(r"!\[.+?\]\((.+?)\)", README.read_text())
    assert len(images) >= 2
    for image in images:
        assert (ROOT / image).read_bytes().startswith((b"\x89PNG", b"GIF89a"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_linked_files_exist(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    if page == README:
        assert sum(link.startswith("docs/") for link in links) >= 4
    for link in links:
        target = page.parent / link
        # The build of the site generates these.
        assert target.exists() or link.startswith(GENERATED), link


@pytest.mark.parametrize("word", ["GPL", "Apache", "PyQt5"])
def test_readme_names_the_licenses(word):
    assert word in README.read_text()


def test_compatibility_lists_the_pinned_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    table = (DOCS / "architecture.md").read_text().partition("## Compatibility")[2]
    for package in ("keras", "numpy", "tensorflow", "jax", "torch", "matplotlib"):
        assert f"| {pinned[package]} |" in table
    assert f"PyQt5 {pinned['PyQt5']}, PySide6 {pinned['PySide6_Essentials']}" in table
