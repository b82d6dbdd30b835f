"""The gallery: a page for each picture, drawn by the very code that the page shows."""

import contextlib
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from keras_xavier import cli
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.figures.explanations import EXPLANATIONS

SAMPLES = Path(__file__).parents[2] / "gui" / "keras_xavier_gui" / "samples"
DOTS_PER_INCH = 150
LONGEST_LINE = 80
PAGES = "gallery/pictures"
WATCHED = "watched"
"""A run that is recorded on batches, as updates need it; the samples are not."""
OF_VIEW = ("quantity", "statistic", "band", "step", "theory")
"""Settings that the app takes from the command line."""
FUNCTIONS = {
    "saturation": "saturation",
    "update-ratio": "update_ratio",
}
"""Functions that are not called as their figure is."""


@dataclass(frozen=True)
class Entry:
    """What one page shows.

    Attributes:
        runs: Names of the runs that are drawn.
        settings: Of the picture.
        caption: What is seen in it.
    """

    runs: tuple[str, ...]
    caption: str
    settings: Mapping[str, Any] = field(default_factory=dict)


ENTRIES = {
    "overview": Entry(
        ("tanh-standard", "tanh-normalized"),
        "The gradient of a tanh network fades from the output down to the first layer "
        "with the standard initialization, and hardly with the normalized one.",
        {"quantity": "preactivation_gradient"},
    ),
    "layer-curves": Entry(
        ("sigmoid-standard",),
        "The activations of the sigmoid network's top hidden layer fall to 0, those of "
        "the layers below stay near 0.5.",
        {"quantity": "activation"},
    ),
    "saturation": Entry(
        ("tanh-normalized", "softsign-standard"),
        "The first tanh layer saturates long before the others; of softsign, little "
        "does within 4,000 updates.",
    ),
    "update-ratio": Entry(
        (WATCHED,),
        "A tanh network of 4 hidden layers that was recorded on its batches.",
    ),
    "histograms": Entry(
        ("tanh-standard", "tanh-normalized"),
        "Before training: the deeper the layer, the higher the peak at 0, with the "
        "standard initialization; with the normalized one the layers look more alike.",
        {"quantity": "activation", "step": 0},
    ),
    "histogram-map": Entry(
        ("sigmoid-standard",),
        "The values of the top hidden layer move to 0 as one.",
        {"quantity": "activation"},
    ),
    "ridgelines": Entry(
        ("tanh-normalized",),
        "The values of the first layer part, and pile up at ±1.",
        {"quantity": "activation", "layers": ["hidden_1", "hidden_4"]},
    ),
    "depth-profile": Entry(
        ("tanh-standard", "tanh-normalized"),
        "Before training; the dots are what the mean field expects.",
        {"step": 0, "theory": True},
    ),
    "training-curves": Entry(
        ("sigmoid-standard", "tanh-standard", "tanh-normalized", "softsign-standard"),
        "The sigmoid network stays at chance over all 4,000 updates.",
    ),
}


def python_code(name: str, entry: Entry) -> str:
    """What draws it in Python."""
    opened = [f'kx.open_run("runs/{run}")' for run in entry.runs]
    first = f"run = {opened[0]}"
    if len(opened) > 1:
        first = "runs = [\n" + "".join(f"    {one},\n" for one in opened) + "]"
    function = FUNCTIONS.get(name, name.replace("-", "_"))
    settings = [f"{key}={value!r}" for key, value in entry.settings.items()]
    words = ", ".join(["runs" if len(opened) > 1 else "run", *settings])
    # As in all code of the project.
    words = words.replace("'", '"')
    return (
        "import keras_xavier as kx\n\n"
        f"{first}\n"
        f"figure = kx.figures.{function}({words})\n"
        f'figure.savefig("{name}.png", dpi={DOTS_PER_INCH})\n'
    )


def options(settings: Mapping[str, Any]) -> list[str]:
    """The settings in the words of the command line."""
    words = []
    for key, value in settings.items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{key}", *(str(one) for one in values if one is not True)]
    return words


def terminal_command(name: str, entry: Entry) -> str:
    runs = [f"runs/{run}" for run in entry.runs]
    given = options(entry.settings)
    # A list of layers takes all words that come after it.
    return shlex.join(
        ["keras-xavier", "figure", *runs, name, "-o", f"{name}.png", *given]
    )


def app_command(name: str, entry: Entry) -> str:
    shown = {key: entry.settings[key] for key in OF_VIEW if key in entry.settings}
    return FigureSpec(name, **shown).view_command(
        *(f"runs/{run}.zarr" for run in entry.runs)
    )


def in_lines(command: str) -> str:
    """A command, with a line for each option if it is long."""
    if len(command) <= LONGEST_LINE:
        return command
    return command.replace(" --", " \\\n    --")


def page(name: str, entry: Entry) -> str:
    told = EXPLANATIONS[name]
    figures = " and ".join(str(number) for number in told.figures)
    paper = (
        f"Drawn like figure{'s' * (len(told.figures) > 1)} {figures} of Glorot & "
        "Bengio (2010); see [ours](../../explanation/the-paper.md)."
        if figures
        else "Glorot & Bengio (2010) have no figure of this kind."
    )
    return f"""\
# {told.title}

{told.shows}

![{entry.caption}]({name}.png)

*{entry.caption}*

## What to look for

{told.look_for}

{paper}

## How to get it

In Python:

```python
{python_code(name, entry)}```

In the terminal:

```sh
{in_lines(terminal_command(name, entry))}
```

In the app, where it can be zoomed and followed:

```sh
{in_lines(app_command(name, entry))}
```
"""


def train_watched(path: Path) -> None:
    """Records a small network on the batches that it is trained with."""
    import keras

    import keras_xavier as kx

    images, labels = kx.datasets.shapeset3x2.generate(0, 0, 6_000)
    model = kx.models.mlp((32, 32, 1), classes=9, layers=4, units=100, seed=0)
    model.compile(keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    record = kx.LayerStatistics(str(path), every=20)
    model.fit(
        images.astype("float32") / 127.5 - 1,
        labels,
        batch_size=10,
        verbose=0,
        callbacks=[record],
    )


def make_pages(app: Sphinx) -> None:
    """Draws all pictures, and writes their pages."""
    runs = Path(app.outdir).parent / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    shutil.copytree(SAMPLES, runs, dirs_exist_ok=True)
    if not (runs / f"{WATCHED}.zarr" / "zarr.json").exists():
        train_watched(runs / WATCHED)
    pages = Path(app.srcdir, PAGES)
    pages.mkdir(exist_ok=True)
    parser = cli.make_parser()
    for name, entry in ENTRIES.items():
        for command in (terminal_command(name, entry), app_command(name, entry)):
            parser.parse_args(shlex.split(command)[1:])
        with contextlib.chdir(runs.parent):
            exec(python_code(name, entry), {})  # noqa: S102 - what the page shows
            os.replace(f"{name}.png", pages / f"{name}.png")
        (pages / f"{name}.md").write_text(page(name, entry), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", make_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
