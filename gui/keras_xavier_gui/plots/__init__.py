"""The plots: one tab for each figure, or for a few figures that belong together."""

from collections.abc import Callable, Iterator
from functools import partial

from keras_xavier.figure_spec import FIGURES, FigureDefinition
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.controls import with_mnemonic
from keras_xavier_gui.plots.histograms import HistogramsTab
from keras_xavier_gui.plots.layer_curves import LayerCurvesTab
from keras_xavier_gui.plots.network import NetworkTab
from keras_xavier_gui.plots.overview import OverviewTab
from keras_xavier_gui.plots.plot_tab import PlotTab
from keras_xavier_gui.plots.training_curves import TrainingCurvesTab
from keras_xavier_gui.plots.units import UnitsTab

SHARED = {
    "Layer curves": ("layer-curves", "saturation", "update-ratio"),
    "Histograms": ("histograms", "histogram-map", "ridgelines"),
    "Units": ("unit-map", "units-at-step"),
    "Training curves": ("training-curves", "step-quality"),
}
"""Figures that share a tab, by title of the tab. Other figures have separate tabs."""
SPECIAL: dict[str, Callable[..., PlotTab]] = {
    "overview": OverviewTab,
    "layer-curves": LayerCurvesTab,
    "histograms": HistogramsTab,
    "unit-map": UnitsTab,
    "network": NetworkTab,
    "training-curves": TrainingCurvesTab,
}
"""Tabs that do more than `PlotTab`, by their first figure."""
MNEMONICS_OF_WINDOW = "adfghlnrsvwy"
"""Mnemonics of menus, lists, the step slider and the other tabs."""
MNEMONIC_OF_KIND = "k"
"""Mnemonic of the box that selects one of several figures."""


def groups() -> Iterator[tuple[str, list[FigureDefinition]]]:
    """Yields the title and the figures of each tab."""
    shared = {name: title for title, names in SHARED.items() for name in names}
    for name, definition in FIGURES.items():
        title = shared.get(name)
        if title is None:
            yield definition.title, [definition]
        elif name == SHARED[title][0]:
            yield title, [FIGURES[one] for one in SHARED[title]]


def plot_tabs() -> Iterator[Callable[[AppContext], PlotTab]]:
    """Yields a function for each tab that creates it."""
    taken = {*MNEMONICS_OF_WINDOW, MNEMONIC_OF_KIND}
    for definition in FIGURES.values():
        for option in definition.options:
            if option.in_app and "&" in option.label:
                taken.add(option.label.partition("&")[2][0].lower())
    for title, figures in groups():
        kind = SPECIAL.get(figures[0].name, PlotTab)
        yield partial(kind, with_mnemonic(title, taken), figures)


PLOT_TABS = tuple(plot_tabs())
"""Functions that create the tabs, in their order."""
