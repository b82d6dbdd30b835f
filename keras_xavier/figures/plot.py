"""The lifecycle of all plots: new data, the user's view, and export."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from types import SimpleNamespace
from typing import Any, ClassVar, Self

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_xavier.figure_spec import FIGURES, FigureDefinition
from keras_xavier.figures.before_draw import BeforeDraw
from keras_xavier.figures.colorbar import Colorbar
from keras_xavier.figures.layout import STEPS, Layout
from keras_xavier.figures.scales import set_steps_scale
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.view import (
    Live,
    View,
    Viewport,
    make_cursor,
    mark_step,
    view_of,
)
from keras_xavier.runs import Run

Options = SimpleNamespace
"""Options of a figure, by name."""
IndexedRuns = Sequence[tuple[int, Run]]
"""Runs, each with the index that chooses its color."""

FIGURE_SIZE = (8.0, 4.5)
"""Width and height of a figure in inches."""
NOTHING = "Nothing has been recorded yet"


class Plot(ABC):
    """A plot on a matplotlib figure, made once and then updated in place.

    The plot takes the whole figure. Every update fits the view to the data until the
    user zooms or pans; then the view stays until `reset_view`. `set_live` changes
    that.

    A subclass draws one figure of `figure_spec.FIGURES`. It defines what is read
    (`read`), the artists (`_make`), what they show (`_draw`, `_refine`) and the best
    view (`_fit`); this class decides when to call each of them.

    Args:
        figure: matplotlib `Figure` to draw on. Its artists are removed.
        style: `Style`. Colors. Defaults to `LIGHT`.

    Attributes:
        figure: The figure.
        style: The colors.
        fine: bool. Whether there is more detail than pixels, for print and files. An
            app that draws often is faster without.
    """

    name: ClassVar[str]
    """Name of its figure."""
    data_type: ClassVar[type]
    """What it draws of each run."""
    needs_records: ClassVar[bool] = False
    """Whether runs without records are left out beside others."""
    shared_axes: ClassVar[str] = "xy"
    """The axes that have the same limits in all panels."""
    subject_options: ClassVar[tuple[str, ...]] = ()
    """Options with which the view is fitted again."""
    has_colorbar: ClassVar[bool] = False
    cursor_color: ClassVar[str] = "foreground"
    """The color of the style that marks a step."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Values of options that a base class has and this figure does not."""
    _colorbar: Colorbar

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        self.figure, self.style, self.fine = figure, style, True
        figure.clear()
        figure.set_facecolor(style.background)
        figure.set_layout_engine(BeforeDraw(self._before_draw))
        if self.has_colorbar:
            self._colorbar = Colorbar(figure, style)
        bar = self._colorbar if self.has_colorbar else None
        is_shared = self.shared_axes == "xy"
        self.layout = Layout(figure, style, is_shared=is_shared, colorbar=bar)
        self._given: dict[str, Any] | None = None
        self._runs: tuple[Any, ...] = ()
        self._all_runs = 0
        self._visible: frozenset[str] | None = None
        self._use_options({})
        self._viewport = Viewport()
        self._cursors: dict[Axes, Line2D] = {}
        self._step: int | None = None
        self._notes: Sequence[str] = ()
        self._rows: Any = None
        self._subject: object = None
        self._made: object = None
        self._refined: object = None
        self._prepare()
        self._thresholds: tuple[float | None, ...] = self._find_thresholds()
        self._remake(keep_view=False)
        self.layout.set_message(NOTHING)

    @classmethod
    @abstractmethod
    def read(cls, runs: IndexedRuns, options: Options) -> Sequence[Any]:
        """Reads what `update` takes, of each run that is drawn.

        Args:
            runs: Runs, each with the index that chooses its color.
            options: All options of the figure.

        Raises:
            ValueError: If a run does not have the quantity or the step.
        """

    @classmethod
    def definition(cls) -> FigureDefinition:
        """The definition of its figure."""
        return FIGURES[cls.name]

    def update(
        self,
        data: Any,
        *,
        visible: Collection[str] | None = None,
        all_runs: int | None = None,
        **options: Any,
    ) -> None:
        """Draws other data, or the same with other options.

        Args:
            data: What was read from a run, or a sequence of it from several runs.
            visible: Names of the layers to draw. Defaults to None: all.
            all_runs: int. Number of runs, if not all of them were read. Defaults to
                None: as many as there are in `data`.
            **options: Options of the figure that are not only for reading; see
                `FigureDefinition.drawing_options`.

        Raises:
            ValueError: If the figure does not have an option, or a value is not
                allowed.
        """
        given = (data,) if isinstance(data, self.data_type) else tuple(data)
        visible = None if visible is None else frozenset(visible)
        self._use_options(options)
        self._given = {"data": given, "visible": visible, "all_runs": all_runs}
        self._given |= options
        was_fitted, rows, notes = self.follow, self._rows, self._notes
        self._runs, self._visible = given, visible
        self._all_runs = all_runs or len(given)
        self._prepare()
        before, self._subject = self._subject, self._find_subject()
        is_new = self._subject is None or self._subject != before
        if is_new:
            self._thresholds = self._find_thresholds()
        if (key := self._key()) != self._made:
            self._made = key
            self._remake(keep_view=not is_new)
        else:
            if is_new:
                self._scale_axes()
            if notes != self._notes:
                self._name_artists()
        self._refined = None
        self._draw()
        self._label()
        self.layout.set_message(self._why_empty())
        if rows != self._rows and not is_new:
            for axes, (_, y) in self._best_view().items():
                axes.set_ylim(y)
        self._viewport.move(
            self._best_view,
            is_new=is_new,
            was_fitted=was_fitted,
            with_steps=self._cursors,
        )

    def show_cursor(self, step: int | None) -> None:
        """Marks a step in the panels that have steps.

        The marks are not part of the figure: whoever shows the figure draws `cursors`
        over it, which takes no time.

        Args:
            step: int. The step, or `None` for no mark.
        """
        self._step = step
        for line in self._cursors.values():
            mark_step(line, step)

    @property
    def cursors(self) -> list[Line2D]:
        """The marks of the step."""
        return list(self._cursors.values())

    def has_steps(self, axes: Axes) -> bool:
        """Whether the x axis is one of steps."""
        return axes in self._cursors

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """Artists that look the same in every view, and a key for their look.

        An app may draw these once for each key.
        """
        if self.has_colorbar:
            key = (*self._colorbar.state, self.layout.arranged)
            return key, [self._colorbar.axes]
        legend = self.layout.legend
        return legend, [] if legend is None else [legend]

    def export(self) -> Figure:
        """Draws the same data and view on a new figure, in the light style.

        Returns:
            A figure of the same size, for `savefig`.
        """
        figure = Figure(figsize=tuple(self.figure.get_size_inches()))
        plot = type(self)(figure)
        if self._given is not None:
            plot.update(**self._given)
            plot._show_like(self)
        return figure

    def _show_like(self, other: Self) -> None:
        """Takes over the view of another plot of the same data."""
        self._set_thresholds(other._thresholds)
        for axes, theirs in zip(self.layout.axes, other.layout.axes, strict=True):
            axes.set_xlim(theirs.get_xlim())
            axes.set_ylim(theirs.get_ylim())

    @abstractmethod
    def table(self) -> Table:
        """The numbers in view."""

    # The view

    @property
    def follow(self) -> bool:
        """Whether the view is the one that was fitted to the data."""
        return self._viewport.is_fitted

    def reset_view(self) -> None:
        """Fits the view to the data, in later updates too."""
        self._viewport.reset(self._best_view())

    def fit_height(self) -> None:
        """Fits the limits of y to the steps or values in view."""
        for axes, (_, y) in self._best_view(seen=True).items():
            axes.set_ylim(y)

    @property
    def live(self) -> Live:
        """What the view does when new data arrive."""
        return self._viewport.live

    def set_live(self, live: Live) -> None:
        """Sets what the view does when new data arrive."""
        self._viewport.live = live
        if live is Live.ALL:
            self.reset_view()

    def _best_view(self, *, seen: bool = False) -> dict[Axes, View]:
        return dict(zip(self.layout.axes, cycle(self._fit(seen=seen)), strict=False))

    # Panels

    def _remake(self, *, keep_view: bool) -> None:
        """Replaces panels and artists; the user's view stays if it can."""
        views, fitted = map(view_of, self.layout.axes), self._viewport.forget()
        before = list(views) if keep_view else []
        self.layout.clear()
        self._cursors.clear()
        self._make()
        self._scale_axes()
        axes = self.layout.axes
        if self.layout.is_shared:
            before, fitted = before[:1], fitted[:1] * len(axes)
        self._viewport.keep(axes, before, fitted if keep_view else [])
        self._name_artists()

    def _add_axes(
        self, title: str = "", *, steps: bool = False, grid: bool = True
    ) -> Axes:
        """Adds a panel; with `steps`, its x axis is one of steps."""
        axes = self.layout.add_panel(title, grid=grid)
        first = self.layout.axes[0]
        if axes is not first and "x" in self.shared_axes:
            axes.sharex(first)
        if axes is not first and "y" in self.shared_axes:
            axes.sharey(first)
        if steps:
            set_steps_scale(axes, self.options.log_steps)
            self.layout.set_labels(axes, x=STEPS)
            color = getattr(self.style, self.cursor_color)
            self._cursors[axes] = make_cursor(axes, color, self._step)
        return axes

    def _set_thresholds(self, thresholds: tuple[float | None, ...]) -> None:
        if thresholds != self._thresholds:
            self._thresholds, self._refined = thresholds, None
            self._scale_axes()

    def _scale_axes(self) -> None:
        for axes, one in zip(self.layout.axes, cycle(self._thresholds), strict=False):
            self._set_scale(axes, one)

    def _use_options(self, given: Mapping[str, Any]) -> None:
        values = self.definition().parse_drawing_options(given)
        self.options = Options(**{**self.fixed, **values})

    @property
    def _run_text(self) -> str:
        """The name of the run, or the number of runs."""
        if len(self._runs) == 1:
            return str(self._runs[0].run)
        return f"{self._all_runs:,} runs" if self._runs else ""

    def _before_draw(self) -> None:
        self.layout.arrange()
        self._refine_if_needed()
        self.layout.write(self._remarks())

    def _refine_if_needed(self) -> None:
        axes = self.layout.axes[:1] if self.layout.is_shared else self.layout.axes
        sizes = [(round(one.bbox.width), round(one.bbox.height)) for one in axes]
        view = ([view_of(one) for one in axes], sizes, self.figure.dpi)
        if view != self._refined:
            self._refined = view
            self._refine()

    # What each plot decides

    @abstractmethod
    def _prepare(self) -> None:
        """Computes what is drawn from the runs and the options.

        It may set `_rows`, what the rows of the y axis are, and `_notes`, what is added
        to names.
        """

    def _find_subject(self) -> object:
        """What the view is about: if it changes, the view is fitted.

        Returns:
            `None` if there is nothing to view.
        """
        if not any(len(getattr(one, "steps", "1")) for one in self._runs):
            return None
        options = [getattr(self.options, name) for name in self.subject_options]
        return self._runs[0].quantity, options

    @abstractmethod
    def _key(self) -> object:
        """What the artists were made for: if it changes, they are replaced."""

    @abstractmethod
    def _make(self) -> None:
        """Adds panels and artists."""

    @abstractmethod
    def _fit(self, *, seen: bool = False) -> Sequence[View]:
        """The best view of each panel, or of all panels if they share their limits.

        Args:
            seen: Whether to fit y to what is in view along x.
        """

    @abstractmethod
    def _label(self) -> None:
        """Labels the axes, and sets the title of the figure."""

    @abstractmethod
    def _why_empty(self) -> str:
        """The reason why nothing is drawn, or no text."""

    def _find_thresholds(self) -> tuple[float | None, ...]:
        """Where the axis of values becomes logarithmic, as `_fit` gives views."""
        return ()

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:  # noqa: B027
        """Sets the scale of the axis of values of a panel."""

    def _name_artists(self) -> None:  # noqa: B027
        """Names panels and artists, in titles and in the legend."""

    def _draw(self) -> None:  # noqa: B027
        """Gives the artists what does not depend on the view."""

    def _refine(self) -> None:  # noqa: B027
        """Gives the artists what depends on the view; called when it has changed."""

    @abstractmethod
    def _remarks(self) -> Sequence[str]:
        """Remarks on what is in view, called after `_refine`."""
