"""What the command palette finds besides commands: figures, options, layers, runs."""

from collections.abc import Callable, Iterator
from functools import partial

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.tabs import Tabs
from keras_xavier_gui.widgets.command_palette import Entry


def content_entries(
    context: AppContext, tabs: Tabs, choose_run: Callable[[str], object]
) -> Iterator[Entry]:
    """Yields the figures, the options of the current tab, the layers and the runs.

    Args:
        context: State and services of the app.
        tabs: The tabs.
        choose_run: Selects a run, given its path.
    """
    for plot in tabs.plots:
        for figure in plot.figures if len(plot.figures) > 1 else ():
            show = partial(tabs.show_spec, FigureSpec(figure.name))
            yield Entry(f"Figure › {figure.title}", show)
    if current := tabs.plot():
        for label, choice, apply in current.options.choices():
            yield Entry(f"{label} › {choice}", apply)
    selection = context.selection
    for layer in selection.layers:
        name = layer.name
        only = partial(selection.show_only, [name])
        yield Entry(f"Layer › {name} › show only this layer", only)
        card = partial(tabs.show_layer, "layer-card", name)
        yield Entry(f"Layer › {name} › layer card", card)
    for entry in context.runs.entries:
        yield Entry(f"Run › {entry.run.name}", partial(choose_run, entry.run.path))
