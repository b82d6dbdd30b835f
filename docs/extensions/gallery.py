"""The gallery, made from the definitions of the figures.

Each figure has a page; the code on the page draws the figure that it shows.
"""

import contextlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from keras_xavier import cli
from keras_xavier.cli.output import SAMPLE
from keras_xavier.figure_spec import FIGURES, FigureDefinition, FigureSpec
from keras_xavier.figure_spec.spec import subject_options

DOTS_PER_INCH = 150
LONGEST_LINE = 80
FOLDER = "gallery"
PAGES = f"{FOLDER}/figures"
INDEX = """\
# Gallery

All figures of the app, of `keras-xavier figure` and of `keras_xavier.figures`. They show the [sample runs](#keras_xavier.runs.sample_run) that are part of the package: networks of 4 hidden layers of 120 units, trained with 4,000 updates on Shapeset-3×2. Each figure has a page with what to look for, and the code that draws it in Python, in the terminal and in the app. The code runs as it is; for a run of yours, replace `kx.sample_run("…")` by `kx.open_run("runs/mine")`, and `sample:…` by `runs/mine`.

::::{{grid}} 1 2 2 3
:gutter: 3

{cards}
::::

```{{toctree}}
:hidden:

{pages}
```
"""  # noqa: E501
CARD = """\
:::{{grid-item-card}} {title}
:img-top: figures/{name}.png
:link: figures/{name}
:link-type: doc
:::
"""
PAGE = """\
# {title}

{shows}

![{caption}]({name}.png)

*{caption}*

## What to look for

{look_for}

{paper}

## How to draw it

In Python, with [`keras_xavier.figures.{function}`](../../reference/api/figures.md):

```python
{code}```

In the terminal:

```sh
{figure_command}
```

In the app, where you can zoom and follow a training run:

```sh
{view_command}
```
"""


def python_code(figure: FigureDefinition) -> str:
    """The Python code that draws the example of a figure."""
    example = figure.example
    opened = [f'kx.sample_run("{run}")' for run in example.runs]
    first = f"run = {opened[0]}"
    if len(opened) > 1:
        first = "runs = [\n" + "".join(f"    {one},\n" for one in opened) + "]"
    options = [f"{name}={value!r}" for name, value in example.options.items()]
    arguments = ", ".join(["runs" if len(opened) > 1 else "run", *options])
    # As in all code of the project.
    arguments = arguments.replace("'", '"')
    call = f"figure = kx.figures.{figure.function}({arguments})"
    if len(call) > LONGEST_LINE:
        call = call.replace(arguments, f"\n    {arguments}\n")
    return (
        "import keras_xavier as kx\n\n"
        f"{first}\n"
        f"{call}\n"
        f'figure.savefig("{figure.name}.png", dpi={DOTS_PER_INCH})\n'
    )


def option_words(options: Mapping[str, Any]) -> list[str]:
    """Options as the command line writes them."""
    words = []
    for name, value in options.items():
        values = value if isinstance(value, list) else [value]
        words += [f"--{name.replace('_', '-')}"]
        words += [str(one) for one in values if one is not True]
    return words


def figure_command(figure: FigureDefinition) -> str:
    """The command that draws the example of a figure into a file."""
    runs = [f"{SAMPLE}{run}" for run in figure.example.runs]
    # Options come last: a list of layers takes all words that follow it.
    words = ["keras-xavier", "figure", *runs, figure.name, "-o", f"{figure.name}.png"]
    return shlex.join([*words, *option_words(figure.example.options)])


def view_command(figure: FigureDefinition) -> str:
    """The command that shows the example of a figure in the app."""
    names = {"step", *(one.name for one in subject_options())}
    shown = {
        name: value for name, value in figure.example.options.items() if name in names
    }
    spec = FigureSpec(figure.name, **shown)
    return spec.view_command(*(f"{SAMPLE}{run}" for run in figure.example.runs))


def in_lines(command: str) -> str:
    """A command, with a line for each option if it is long."""
    if len(command) <= LONGEST_LINE:
        return command
    return re.sub(r" (-o|--)", r" \\\n    \1", command)


def page(figure: FigureDefinition) -> str:
    """The page of a figure, as Markdown."""
    numbers = [str(number) for number in figure.paper_figures]
    paper = "Glorot & Bengio (2010) has no corresponding figure."
    if numbers:
        listed = " and ".join(filter(None, [", ".join(numbers[:-1]), numbers[-1]]))
        paper = (
            f"This figure corresponds to figure{'s' * (len(numbers) > 1)} {listed} of "
            "Glorot & Bengio (2010); see "
            "[the reproduction](../../explanation/the-paper.md)."
        )
    return PAGE.format(
        title=figure.title,
        name=figure.name,
        function=figure.function,
        shows=figure.shows,
        look_for=figure.look_for,
        caption=figure.example.caption,
        paper=paper,
        code=python_code(figure),
        figure_command=in_lines(figure_command(figure)),
        view_command=in_lines(view_command(figure)),
    )


def index() -> str:
    """The first page of the gallery, as Markdown."""
    cards = [CARD.format(title=one.title, name=one.name) for one in FIGURES.values()]
    pages = "\n".join(f"figures/{name}" for name in FIGURES)
    return INDEX.format(cards="\n".join(cards), pages=pages)


def make_pages(app: Sphinx) -> None:
    """Draws all figures and writes the pages of the gallery."""
    pages = Path(app.srcdir, PAGES)
    pages.mkdir(parents=True, exist_ok=True)
    parser = cli.make_parser()
    for name, figure in FIGURES.items():
        for command in (figure_command(figure), view_command(figure)):
            parser.parse_args(shlex.split(command)[1:])
        with contextlib.chdir(pages):
            exec(python_code(figure), {})  # noqa: S102 - the code on the page
        (pages / f"{name}.md").write_text(page(figure), "utf-8")
    Path(app.srcdir, FOLDER, "index.md").write_text(index(), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", make_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
