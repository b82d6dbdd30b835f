"""An interactive figure in a notebook."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from keras_xavier.extras import require
from keras_xavier.figure_spec import FIGURES, Option
from keras_xavier.figure_spec.options import LAYER, LAYERS, STEP
from keras_xavier.figures.functions import Runs, require_layers, unknown_layers
from keras_xavier.figures.rows import match_names, table_rows
from keras_xavier.notebook.cell_output import display_image, replace_image
from keras_xavier.notebook.figure_image import (
    FigureImage,
    PngImage,
    name_and_options,
    png_image,
)
from keras_xavier.runs import Run

STATIC = (
    "Controls of kx.explore: run this cell to use them. If this text remains, install "
    "ipywidgets in the environment of the Jupyter server."
)
"""Text in place of the controls, in saved notebooks and without widgets."""
WIDE = "560px"


def explore(runs: Runs, figure: str = "histograms", **options: Any) -> "Explorer":
    """Shows a figure with controls in a notebook: figure, quantity, layers, step.

    The controls are the options of the figure, as in the app. Below them is the figure
    as an image, which a saved notebook keeps. The runs are shown as they were opened:
    call `run.refresh()` and `kx.explore(run)` again for new records.

    Args:
        runs: Run, or sequence of Run. Opened runs.
        figure: str. Name of the figure to begin with. Defaults to `"histograms"`.
        **options: Options of this figure to begin with, by name.

    Returns:
        An `Explorer`, which a notebook displays as the last line of a cell. Its
        `controls` are the widgets, by name.

    Raises:
        ImportError: If ipywidgets is not installed.
        ValueError: If the figure, an option or a layer is unknown, or a value is not
            allowed.

    Example:

    ```python
    run = kx.open_run("runs/mine")
    kx.explore(run, quantity="weight_gradient")
    ```
    """
    require("kx.explore", notebook="ipywidgets")
    name, _ = name_and_options(figure)
    several = [runs] if isinstance(runs, Run) else list(runs)
    if not several or not all(isinstance(run, Run) for run in several):
        raise ValueError(
            "`runs` must be one or several runs, opened with `kx.open_run`. "
            f"Received: {runs!r}"
        )
    return Explorer(several, name, FIGURES[name].parse_options(options))


class Explorer:
    """A figure with controls. `kx.explore` creates it.

    Attributes:
        controls: dict of str to widgets of ipywidgets. `"figure"`, and the options of
            the current figure. A new value of a widget draws the figure again.
    """

    def __init__(
        self, runs: Sequence[Run], name: str, values: Mapping[str, Any]
    ) -> None:
        import ipywidgets

        self._widgets = ipywidgets
        self._runs = runs
        self._handles: list[Any] = []
        self.controls: dict[str, Any] = {
            "figure": ipywidgets.Dropdown(
                options=[(one.title, one.name) for one in FIGURES.values()],
                value=name,
                description="Figure",
                style={"description_width": "initial"},
            )
        }
        self.controls["figure"].observe(self._choose, "value")
        wrap = ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start")
        self._box = ipywidgets.HBox(layout=wrap)
        self._image: FigureImage | None = None
        self._make_controls(values)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        # Text in place of the controls, for saved notebooks.
        bundle = self._box._repr_mimebundle_()
        display({**bundle, "text/plain": STATIC}, raw=True)
        self._handles.append(display_image(self._draw()))

    @property
    def figure(self) -> str:
        """Name of the current figure."""
        return str(self.controls["figure"].value)

    def _choose(self, _change: object) -> None:
        """Replaces the controls after another figure was chosen; keeps their values."""
        values = self._values()
        definition = FIGURES[self.figure]
        kept = {}
        for name, value in values.items():
            option = definition.option(name)
            if option and (not option.choices or value in option.choices):
                kept[name] = value
        self._make_controls(definition.parse_options(kept))
        self._show(None)

    def _make_controls(self, values: Mapping[str, Any]) -> None:
        self._image = None
        self.controls = {"figure": self.controls["figure"]}
        for option in FIGURES[self.figure].options:
            widget = self._widget(option, values[option.name])
            if widget is not None:
                widget.observe(self._show, "value")
                self.controls[option.name] = widget
        self._box.children = tuple(self.controls.values())

    def _widget(self, option: Option, value: Any) -> Any:
        """Makes the control of an option; `None` if there is nothing to choose."""
        widgets = self._widgets
        common = {
            "description": option.label.replace("&", "").removesuffix(":"),
            "tooltip": option.help,
            "style": {"description_width": "initial"},
        }
        if option.name == STEP.name:
            if not (steps := self._steps()):
                return None
            wide = widgets.Layout(width=WIDE)
            nearest = min(steps, key=lambda step: abs(step - (value or 0)))
            return widgets.SelectionSlider(
                options=[(f"{step:,}", step) for step in steps],
                value=steps[-1] if value is None else nearest,
                layout=wide,
                **common,
            )
        if option.name == LAYERS.name:
            layers = self._layers(value or ())
            require_layers(layers, value or ())
            return widgets.SelectMultiple(
                options=layers,
                value=match_names(value or (), layers),
                rows=min(max(len(layers), 2), 6),
                **common,
            )
        if option.name == LAYER.name:
            layers = self._layers([value] if value else ())
            if value and value not in layers:
                raise ValueError(unknown_layers([value], layers))
            names = [(name, name) for name in layers]
            choices: list[tuple[str, Any]] = [("automatic", None), *names]
            return widgets.Dropdown(options=choices, value=value, **common)
        if option.choices:
            choices = [(text, key) for key, text in option.choices.items()]
            return widgets.Dropdown(options=choices, value=value, **common)
        if option.type is bool:
            return widgets.Checkbox(value=value, indent=False, **common)
        return widgets.BoundedFloatText(value=value, min=0, max=1e9, **common)

    def _steps(self) -> list[int]:
        """Returns the steps that all runs have recorded, ascending."""
        common = reduce(np.intersect1d, [run.steps for run in self._runs])
        return [int(step) for step in common]

    def _layers(self, wanted: Collection[str]) -> list[str]:
        """Returns the names of the layers of all runs.

        Args:
            wanted: Collection of str. Names or globs; those that select no layer add
                other rows, such as biases.
        """
        tables = [run.layers for run in self._runs]
        layers = [table[row].name for table in tables for row in table_rows(table)]
        unmatched = [one for one in wanted if not match_names([one], layers)]
        rows = [row.name for table in tables for row in table]
        return list(dict.fromkeys([*layers, *match_names(unmatched, rows)]))

    def _values(self) -> dict[str, Any]:
        """Returns the options that the controls set, by name."""
        found = {
            name: widget.value
            for name, widget in self.controls.items()
            if name != "figure"
        }
        if LAYERS.name in found:
            found[LAYERS.name] = list(found[LAYERS.name]) or None
        return found

    def _show(self, _change: object) -> None:
        """Draws the figure with the values of the controls, where it is displayed."""
        if self._handles:
            image = self._draw()
            for handle in self._handles:
                replace_image(handle, image)

    def _draw(self) -> PngImage:
        if self._image is None:
            self._image = FigureImage(self.figure)
        self._image.options = self._values()
        return png_image([self._image.draw(self._runs)])
