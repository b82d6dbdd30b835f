"""The base class of the figures of single units."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from matplotlib.axes import Axes

from keras_xavier.figures.facet_layout import FacetLayout, arrange_maps
from keras_xavier.figures.labels import Shown
from keras_xavier.figures.plot import IndexedRuns, Options, Plot
from keras_xavier.figures.records import record_of
from keras_xavier.figures.rows import match_names
from keras_xavier.figures.units import (
    LayerUnits,
    UnitsData,
    unit_layers,
    units_data,
    why_no_units,
)
from keras_xavier.network.outputs import output_rows
from keras_xavier.runs import Run


class UnitFigure(Plot):
    """Panels for selected layers of selected runs; only these are read."""

    data_type = UnitsData
    needs_records = True
    reads_all_steps: ClassVar[bool]
    """Whether the figure shows all steps, rather than one."""
    _runs: tuple[UnitsData, ...]

    @classmethod
    def read(cls, runs: IndexedRuns, options: Options) -> list[UnitsData]:
        wanted = options.layers
        layers = []
        for _, run in runs:
            shows_all = options.with_output
            without = () if shows_all else output_rows(run.layers, run.attributes)
            rows = unit_layers(run.layers, wanted, without=without)
            layers.append([run.layers[i].name for i in rows])
        visible = None
        if wanted is not None:
            visible = {name for of in layers for name in match_names(wanted, of)}
        names = [run.name for _, run in runs]
        facets = arrange_maps(names, layers, visible, whole=True)
        return [
            cls.read_layers(run, facets.chosen(i), options, layers[i], index)
            for i, (index, run) in enumerate(runs)
            if i in facets.shown or not facets.shown
        ]

    @classmethod
    def read_layers(
        cls,
        run: Run,
        chosen: Sequence[str],
        options: Options,
        all_layers: Sequence[str],
        index: int,
    ) -> UnitsData:
        """Reads the layers of a run that have a panel."""
        step = None
        if not cls.reads_all_steps and len(run.steps):
            step = int(run.steps[record_of(run, options.step)])
        return units_data(
            *(run, chosen),
            step=step,
            every=cls.reads_all_steps,
            all_layers=all_layers,
            index=index,
        )

    def _prepare(self) -> None:
        shown = self._arrange().shown
        if shown:
            self._runs = tuple(self._runs[i] for i in shown)
        self._facets = self._arrange()

    def _count_shown(self) -> Shown:
        return self._facets.count_shown([one.all_layers for one in self._runs])

    def _arrange(self) -> FacetLayout:
        names = [one.run for one in self._runs]
        layers = [one.layers for one in self._runs]
        return arrange_maps(names, layers, self._visible, whole=True)

    @property
    def _panels(self) -> list[tuple[UnitsData, LayerUnits]]:
        """The run and the layer of each panel that is not empty."""
        runs = self._runs
        return [(runs[i], runs[i].units[j]) for i, j in self._facets.keys]

    @property
    def _filled(self) -> list[tuple[Axes, UnitsData, LayerUnits]]:
        """The panels that are not empty, each with its run and its layer."""
        panels = zip(self.layout.axes, self._facets.panels, strict=False)
        filled = [axes for axes, keys in panels if keys]
        pairs = zip(filled, self._panels, strict=False)
        return [(axes, *units) for axes, units in pairs]

    @abstractmethod
    def unit_at(
        self, axes: Axes, x: float, y: float
    ) -> tuple[UnitsData, LayerUnits, int] | None:
        """Returns the run, the layer and the position of the unit at a place."""

    def _find_subject(self) -> object:
        names = [self._facets.name(key) for key in self._facets.keys]
        chosen = [getattr(self.options, name) for name in self.subject_options]
        return (names, chosen) if names else None

    def _key(self) -> object:
        facets = self._facets
        names = [facets.name(key) for key in facets.keys]
        log_steps = getattr(self.options, "log_steps", False)
        return names, facets.panels, facets.columns, log_steps

    def _name_artists(self) -> None:
        if not self._facets.compares:
            for axes, _, layer in self._filled:
                self.layout.set_panel_title(axes, layer.name, f", {layer.count}")

    def _why_empty(self) -> str:
        reason = why_no_units(self._runs)
        return reason or ("" if self._facets.keys else "No layers selected")

    def _common_remarks(self) -> list[str]:
        """Returns remarks on units that are not shown."""
        remarks = []
        if self._facets.compares:
            counts = dict.fromkeys(layer.count for _, layer in self._panels)
            remarks.append(f"{', '.join(counts)} in a panel")
        return remarks
