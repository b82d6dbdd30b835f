"""Names of files that tell figures apart."""

import re
from collections.abc import Iterable

from keras_xavier_gui.plots.figure_tab import FigureTab
from keras_xavier_gui.plots.read_request import nearest_step

MAX_BYTES = 150
"""Longest name, since names of runs and layers may be long."""


def file_name(tab: FigureTab) -> str:
    """Returns a name for the figure of a tab, without suffix.

    It consists of the figure, the quantity, the statistic, the layer and the step, as
    far as the figure has them, and the run, or the number of runs.
    """
    values, figure = tab.values(), tab.figure
    parts = [figure.name]
    for name in ("quantity", "quantities", "statistic"):
        if figure.option(name):
            parts.append(str(values[name]))
    parts += [f"{layer}" for layer in [shown_layer(tab)] if layer]
    if figure.option("step") and len(tab.selection.steps):
        parts.append(f"step_{nearest_step(tab.selection.steps, tab.selection.step)}")
    runs = [one.run for one in tab.data or ()]
    parts.append(f"{len(runs)}_runs" if len(runs) > 1 else "".join(runs))
    return join(parts)


def shown_layer(tab: FigureTab) -> str:
    """Returns the name of the layer if the figure shows one; otherwise `""`."""
    if "layer" in tab.options and tab.options["layer"].isEnabled():
        return str(tab.options.value("layer") or "")
    shown = [one.name for one in tab.selection.layers if tab.selection.is_drawn(one)]
    has_layers = tab.figure.option("layers") is not None
    return shown[0] if has_layers and len(shown) == 1 else ""


def join(parts: Iterable[str]) -> str:
    """Joins texts to a name that every file system accepts.

    >>> join(["layer-curves", "block 1/dense", ""])
    'layer-curves_block_1_dense'
    """
    cleaned = (re.sub(r"[^\w.-]+", "_", part).strip("_.-") for part in parts)
    name = "_".join(filter(None, cleaned))
    return name.encode()[:MAX_BYTES].decode(errors="ignore")
