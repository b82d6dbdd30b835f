"""What the README says, done as it says."""

import re
import shlex
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_xavier import cli
from keras_xavier.runs import open_run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_code_works_as_it_stands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
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
    names = {"model": model, "x_train": x, "y_train": y, "x_test": x, "y_test": y}
    names |= {"batches": [(x[:10], y[:10])] * 3, "train_step": model.train_on_batch}
    for code in blocks("python"):
        exec(code, names)  # noqa: S102 - our own README
    assert "(step: " in capsys.readouterr().out
    assert Path("activations.png").stat().st_size > 10_000
    assert open_run("runs/own_loop").steps.tolist() == [0]


def test_every_command_is_one_that_the_parser_takes():
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    ours = [line for line in lines if line.startswith("keras-xavier ")]
    assert len(ours) >= 4
    for line in ours:
        words = shlex.split(line, comments=True)[1:]
        assert callable(cli.make_parser().parse_args(words).command)


def test_every_script_and_picture_is_there():
    for script in re.findall(r"^(scripts/\w+)", README, re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o100
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert len(pictures) >= 2
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith((b"\x89PNG", b"GIF89a"))


def test_every_page_that_it_links_to_is_there():
    pages = re.findall(r"\]\((docs/.+?)\)", README)
    assert len(pages) >= 4
    for page in pages:
        assert (ROOT / page).is_file()


@pytest.mark.parametrize("word", ["GPL", "Apache", "PyQt5"])
def test_the_licence_is_told(word):
    assert word in README
