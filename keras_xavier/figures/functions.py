"""One function for each figure, made from its definition."""

import inspect
import textwrap
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from matplotlib.figure import Figure

from keras_xavier.figure_spec import FIGURES, FigureDefinition, Option
from keras_xavier.figures.notebook_figure import NotebookFigure
from keras_xavier.figures.paging import MOST_IN_FILE
from keras_xavier.figures.plot import Options, Plot
from keras_xavier.figures.registry import PLOTS
from keras_xavier.figures.rows import match_names
from keras_xavier.runs import Run
from keras_xavier.statistics import Layer, Quantity, Role

Runs = Run | Sequence[Run]
"""One run, or several."""

FIGURE_SIZE = (8.0, 4.5)  # inches
TALLER = 0.3
"""Share of a figure's height that is added for each additional row of panels."""
WIDTHS = {"layer-card": 11.0}
"""Width in inches of figures with many columns of panels."""
POSITIONAL = ("quantity", "statistic")
"""Options that are not keyword-only."""
WIDTH = 84
"""Characters in a line of a docstring."""


def make_plot(name: str, runs: Runs, **options: Any) -> Plot:
    """Draws runs on a new figure.

    Args:
        name: str. Name of the figure, such as `"layer-curves"`.
        runs: `Run` or sequence of `Run`.
        **options: Options of the figure, by name.

    Returns:
        The `Plot`, whose figure can be saved and whose table can be written.

    Raises:
        ValueError: If the figure does not have an option, a value is not allowed, or
            the runs do not have a layer, a quantity or a step.
    """
    plot = empty_plot(name)
    plot.figure.set_size_inches(draw_runs(plot, runs, **options))
    return plot


def empty_plot(name: str) -> Plot:
    """Returns a figure without runs, of the size that `make_plot` draws."""
    plot = PLOTS[name](NotebookFigure(figsize=FIGURE_SIZE))
    plot.most_panels = MOST_IN_FILE
    return plot


def draw_runs(plot: Plot, runs: Runs, **options: Any) -> tuple[float, float]:
    """Draws runs on a figure, in place of the runs that it shows.

    Args:
        plot: `Plot`.
        runs: `Run` or sequence of `Run`.
        **options: Options of the figure, by name.

    Returns:
        Tuple of float. Width and height in inches with room for all panels.

    Raises:
        ValueError: As `make_plot`.
    """
    definition = plot.definition()
    values = definition.parse_options(options)
    several = list(enumerate([runs] if isinstance(runs, Run) else runs))
    if plot.needs_records:
        several = [(i, run) for i, run in several if len(run.steps)] or several
    data = plot.read(several, Options(**{**plot.fixed, **values}))
    if not data:
        return FIGURE_SIZE
    known, layers = layers_of(data), values.get("layers")
    if (layer := values.get("layer")) and layer not in known:
        raise ValueError(unknown_layers([layer], known))
    if layers:
        quantity = values.get("quantity", plot.fixed.get("quantity"))
        tables = [run.layers for _, run in several]
        require_layers(known, layers, tables, quantity)
        layers = match_names(layers, known)
    drawing = {one.name: values[one.name] for one in definition.drawing_options}
    plot.update(data, visible=layers, all_runs=len(several), **drawing)
    width, height = WIDTHS.get(definition.name, FIGURE_SIZE[0]), FIGURE_SIZE[1]
    return width, height * (1 + TALLER * (plot.layout.rows - 1))


def require_layers(
    known: Sequence[str],
    wanted: Sequence[str],
    tables: Sequence[Sequence[Layer]] = (),
    quantity: Quantity | None = None,
) -> None:
    """Raises a ValueError if a name or a glob selects no layer.

    Args:
        known: Sequence of str. Names of the layers that can be drawn.
        wanted: Sequence of str. Names or globs.
        tables: Sequence of layer tables, whose rows may lack the quantity. Defaults
            to none.
        quantity: `Quantity`. The quantity to draw. Defaults to `None`.
    """
    unknown = [name for name in wanted if not match_names([name], known)]
    rows = {row.name: row for table in tables for row in table}
    reasons = [
        f"{name} has no {quantity.label.lower()}: {rows[name].absent[quantity]}"
        for name in match_names(unknown, [*rows])
        if quantity is not None and quantity in rows[name].absent
    ]
    if reasons:
        raise ValueError("; ".join(reasons))
    if unknown:
        # Output layers can be named where figures leave them out by default.
        allowed = [
            row.name
            for row in rows.values()
            if row.name in known
            or (row.role is Role.LAYER and quantity not in row.absent)
        ]
        raise ValueError(unknown_layers(unknown, allowed or known))


def unknown_layers(unknown: Sequence[str], known: Sequence[str]) -> str:
    """Returns the message for names that select no layer."""
    return (
        f"The run has no such layer: {', '.join(unknown)}. Allowed: {', '.join(known)}"
    )


def layers_of(data: Sequence[Any]) -> list[str]:
    """Returns the names of the layers in all data, each once."""
    each: list[Sequence[str]] = [
        getattr(one, "all_layers", getattr(one, "layers", ())) for one in data
    ]
    return list(dict.fromkeys(name for names in each for name in names))


def make_function(definition: FigureDefinition) -> Callable[..., Figure]:
    """Makes the function that draws a figure."""
    signature = make_signature(definition)

    def draw(*args: Any, **kwargs: Any) -> Figure:
        given = signature.bind(*args, **kwargs).arguments
        return make_plot(definition.name, **given).figure

    draw.__name__ = draw.__qualname__ = definition.function
    draw.__module__ = "keras_xavier.figures"
    draw.__signature__ = signature  # type: ignore[attr-defined]
    draw.__annotations__ = {
        one.name: one.annotation for one in signature.parameters.values()
    } | {"return": Figure}
    draw.__doc__ = make_docstring(definition)
    return draw


def make_signature(definition: FigureDefinition) -> inspect.Signature:
    """Makes the signature of the function of a figure."""
    kind = inspect.Parameter
    parameters = [kind("runs", kind.POSITIONAL_OR_KEYWORD, annotation=Runs)]
    for option in definition.options:
        is_positional = option.name in POSITIONAL
        parameters.append(
            kind(
                option.name,
                kind.POSITIONAL_OR_KEYWORD if is_positional else kind.KEYWORD_ONLY,
                default=written(option.default),
                annotation=annotation_of(option),
            )
        )
    return inspect.Signature(parameters, return_annotation=Figure)


def written(default: object) -> object:
    """Formats a default as code, with enums by name."""
    return str(default) if isinstance(default, Enum) else default


def annotation_of(option: Option) -> Any:
    found: Any = Sequence[str] if option.type is list else option.type
    if isinstance(found, type) and issubclass(found, Enum):
        found = found | str
    return found if option.default is not None else found | None


def make_docstring(definition: FigureDefinition) -> str:
    """Makes the docstring of the function of a figure, in Keras's form."""
    shown = f"{definition.shows} {definition.look_for}"
    arguments = [
        "runs: Run, or sequence of Run. Opened runs.",
        *map(describe_option, definition.options),
    ]
    example = ", ".join(
        ["runs" if len(definition.example.runs) > 1 else "run"]
        + [f"{key}={value!r}" for key, value in definition.example.options.items()]
    ).replace("'", '"')
    opened = [f'open_run("runs/{run}")' for run in definition.example.runs]
    runs = (
        f"run = {opened[0]}"
        if len(opened) == 1
        else "\n".join(["runs = [", *(f"    {one}," for one in opened), "]"])
    )
    sections = [
        definition.summary,
        textwrap.fill(shown, WIDTH),
        "Args:\n" + "\n".join(map(hang, arguments)),
        "Returns:\n"
        "    A matplotlib `Figure`, for `figure.savefig(path)` and for notebooks.",
        "Raises:\n"
        + hang(
            "ValueError: If a value is not allowed, or the runs do not have a layer, "
            "a quantity or a step."
        ),
        f"Example:\n\n```python\n{runs}\nfigure = {definition.function}({example})\n"
        f'figure.savefig("{definition.name}.png")\n```\n',
    ]
    return "\n\n".join(sections)


def describe_option(option: Option) -> str:
    """Formats an option as an entry of `Args`."""
    if option.choices:
        kind = f"`{option.type.__name__}` or str"
    else:
        kind = "sequence of str" if option.type is list else option.type.__name__
    text = f"{option.help[0].upper()}{option.help[1:]}."
    if option.choices:
        names = ", ".join(f'`"{one}"`' for one in option.choices)
        text += f" One of {names}."
    default = repr(written(option.default)).replace("'", '"')
    return f"{option.name}: {kind}. {text} Defaults to `{default}`."


def hang(text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_on_hyphens=False,
    )


FUNCTIONS = {one.function: make_function(one) for one in FIGURES.values()}
"""The function of each figure, by its name in Python."""
