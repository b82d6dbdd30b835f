"""The base class of the figures of histograms over the steps."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from typing import Any

from matplotlib.axes import Axes

from keras_xavier.figures.data import HistogramsOverTimeData, why_empty
from keras_xavier.figures.facet_layout import FacetLayout
from keras_xavier.figures.facets import Key
from keras_xavier.figures.histogram_loaders import histograms_over_time_data
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.pooling import pool
from keras_xavier.figures.rows import columns_of, match_names
from keras_xavier.figures.scales import find_threshold
from keras_xavier.runs import Run


class HistogramsOverSteps(Plot):
    """Panels for selected layers of selected runs; only these are read."""

    data_type = HistogramsOverTimeData
    needs_records = True
    _runs: tuple[HistogramsOverTimeData, ...]

    @staticmethod
    @abstractmethod
    def arrange(
        names: Sequence[str],
        layers: Sequence[Sequence[str]],
        visible: Collection[str] | None,
        options: Options,
    ) -> FacetLayout:
        """Lays out panels for the names of runs and of their layers.

        There is a panel for each layer that was read, of a page or of all pages.
        """

    @staticmethod
    @abstractmethod
    def which_steps(
        facets: FacetLayout, runs: Sequence[Run], options: Options
    ) -> dict[str, Any]:
        """Arguments of `histograms_over_time_data` that select steps."""

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[HistogramsOverTimeData]:
        quantity, wanted = options.quantity, options.layers
        layers = [
            [run.layers[j].name for j in columns_of(run, quantity, wanted)]
            for _, run in runs
        ]
        names = [run.name for _, run in runs]
        visible = None
        if wanted is not None:
            visible = {name for of in layers for name in match_names(wanted, of)}
        facets = cls.arrange(names, layers, visible, options)
        places = facets.shown or range(len(runs))
        steps = cls.which_steps(facets, [runs[place][1] for place in places], options)
        return [
            histograms_over_time_data(
                run, quantity, layers=facets.chosen(place), index=index, **steps
            )
            for place, (index, run) in enumerate(runs)
            if place in places
        ]

    def _prepare(self) -> None:
        shown = self._arrange().shown
        if shown:
            self._runs = tuple(self._runs[i] for i in shown)
        self._facets = self._arrange()
        self._pooled = pool(self._runs, self._facets.keys)

    def _count_shown(self) -> Shown:
        return self._facets.count_shown([one.all_layers for one in self._runs])

    def _arrange(self) -> FacetLayout:
        names = [one.run for one in self._runs]
        layers = [one.layers for one in self._runs]
        return self.arrange(names, layers, self._visible, self.options)

    def _key(self) -> object:
        facets = self._facets
        names = [facets.name(key) for key in facets.keys]
        return names, facets.panels, facets.columns

    def _add_panels(self, **how: bool) -> list[tuple[Axes, list[Key]]]:
        """Adds the panels, and returns each with its layers."""
        facets, layout = self._facets, self.layout
        layout.columns, layout.headed = facets.columns, facets.headed
        layout.titles = facets.titles if facets.compares else None
        panels = [self._add_axes(title, **how) for title in facets.titles()]
        return list(zip(panels, facets.panels, strict=False))

    def _why_empty(self) -> str:
        if reason := why_empty(self._runs, bool(self._pooled)):
            return reason
        has_values = any(one.finite for one, _ in self._pooled)
        return "" if has_values else "No finite values"

    def _find_thresholds(self) -> tuple[float | None, ...]:
        return (find_threshold(self._pooled, self.options.scale),)
