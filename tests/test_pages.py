"""What the README and the pages of the documentation say, done as they say."""

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
WRITTEN = [
    README,
    DOCS / "index.md",
    DOCS / "tutorial.md",
    *sorted(DOCS.glob("how-to/*.md")),
    DOCS / "reference" / "run-format.md",
    DOCS / "reference" / "thresholds.md",
    *sorted(DOCS.glob("explanation/*.md")),
]
"""Pages that are written by hand; the build of the site makes others."""


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.S | re.M)


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def names():
    """What the pages take for granted: a model, data, and a folder with a run."""
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
    """A run of such a model, which pages read that do not make one."""
    import keras_xavier as kx

    random = np.random.default_rng(0)
    x, y = random.normal(size=(400, 8)).astype("float32"), random.integers(3, size=400)
    model = kx.models.mlp((8,), classes=3, layers=2, units=16, seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    path = tmp_path_factory.mktemp("runs") / "mine.zarr"
    model.fit(x, y, verbose=0, callbacks=[kx.LayerStatistics(str(path))])
    return path


@pytest.mark.parametrize(
    "page", [one for one in WRITTEN if blocks(one, "python")], ids=name_of
)
def test_the_code_works_as_it_stands(page, names, run, tmp_path, monkeypatch, capsys):
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
        assert open_run("runs/own_loop").steps.tolist() == [0]


@pytest.mark.parametrize(
    "page", [one for one in WRITTEN if blocks(one, "sh")], ids=name_of
)
def test_every_command_is_one_that_the_parser_takes(page):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    ours = [line for line in lines if line.startswith("keras-xavier ")]
    for line in ours:
        words = shlex.split(line, comments=True)[1:]
        assert callable(cli.make_parser().parse_args(words).command)
    for script in re.findall(r"^(scripts/\w+)", "\n".join(lines), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o100


def test_every_picture_of_the_readme_is_there():
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README.read_text())
    assert len(pictures) >= 2
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith((b"\x89PNG", b"GIF89a"))


def test_every_page_that_the_readme_links_to_is_there():
    pages = re.findall(r"\]\((docs/.+?)\)", README.read_text())
    assert len(pages) >= 4
    for page in pages:
        assert (ROOT / page).is_file()


@pytest.mark.parametrize("word", ["GPL", "Apache", "PyQt5"])
def test_the_licence_is_told(word):
    assert word in README.read_text()
