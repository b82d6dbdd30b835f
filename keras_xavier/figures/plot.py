"""The lifecycle of all plots: new data, the user's view, and export."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from types import SimpleNamespace
from typing import Any, ClassVar

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from keras_xavier.figure_spec import FIGURES, FigureDefinition
from keras_xavier.figures.axis_labels import STEPS
from keras_xavier.figures.before_draw import BeforeDraw
from keras_xavier.figures.colorbar import Colorbar
from keras_xavier.figures.evidence_marks import EvidenceMarks
from keras_xavier.figures.labels import Shown, counted_remarks
from keras_xavier.figures.layout import Layout
from keras_xavier.figures.notebook_figure import NotebookFigure
from keras_xavier.figures.paging import MOST_PANELS
from keras_xavier.figures.phase_marks import mark_phases
from keras_xavier.figures.scales import set_steps_scale
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.view import (
    Cursors,
    Live,
    View,
    Viewport,
    copy_views,
    set_heights,
    share_limits,
    view_of,
)
from keras_xavier.runs import Run

Options = SimpleNamespace
"""Options of a figure, by name."""
IndexedRuns = Sequence[tuple[int, Run]]
"""Runs, each with the index that chooses its color."""

NOTHING = "Nothing has been recorded yet"


class Plot(ABC):
    """A plot on a matplotlib figure, made once and then updated in place.

    The plot takes the whole figure. Every update fits the view to the data until the
    user zooms or pans; then it stays until `reset_view`. `set_live` changes that.

    A subclass draws one figure of `figure_spec.FIGURES`. It defines the data to read
    (`read`), the artists (`_make`), their properties (`_draw`, `_refine`) and the best
    view (`_fit`); this class decides when to call each method.

    Args:
        figure: matplotlib `Figure` to draw on. Its artists are removed.
        style: `Style`. Colors. Defaults to `LIGHT`.

    Attributes:
        figure: matplotlib `Figure`.
        style: `Style`. The colors.
        fine: bool. Whether to draw more detail than the pixels show, for print and
            files. Drawing is faster without. Defaults to `True`.
        marks: `EvidenceMarks`. Marks of a finding, drawn by the next update.
        page: int. Index of the page of panels that is drawn.
        pages: int. Number of pages of panels.
        most_panels: int. Maximum number of panels on a page. Defaults to 12.
        line_limit: int. Maximum number of lines on a page. Defaults to 0: any number.
    """

    name: ClassVar[str]
    """Name of its figure."""
    data_type: ClassVar[type]
    """The class of the data of a run."""
    needs_records: ClassVar[bool] = False
    """Whether runs without records are left out if other runs have records."""
    shared_axes: str = "xy"
    """The axes that have the same limits in all panels."""
    subject_options: ClassVar[tuple[str, ...]] = ()
    """Options whose changes fit the view again."""
    has_colorbar: ClassVar[bool] = False
    cursor_color: ClassVar[str] = "foreground"
    """The attribute of the style with the color of the cursor."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Values of options of a base class that this figure lacks."""
    _colorbar: Colorbar

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        self.figure, self.style, self.fine = figure, style, True
        self.page, self.pages = 0, 1
        self.most_panels, self.line_limit = MOST_PANELS, 0
        figure.clear()
        figure.set_facecolor(style.background)
        figure.set_layout_engine(BeforeDraw(self._before_draw))
        if self.has_colorbar:
            self._colorbar = Colorbar(figure, style)
        bar, shared = getattr(self, "_colorbar", None), self.shared_axes == "xy"
        self.layout = Layout(figure, style, is_shared=shared, colorbar=bar)
        self.marks = EvidenceMarks(self.layout, style)
        self._given: dict[str, Any] | None = None
        self._runs: tuple[Any, ...] = ()
        self._all_runs = 0
        self._visible: frozenset[str] | None = None
        self._use_options({})
        self._viewport = Viewport()
        self._cursors = Cursors()
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
        """Reads the data for `update`, from each run to draw.

        Args:
            runs: Runs, each with the index that chooses its color.
            options: All options of the figure.

        Raises:
            ValueError: If a run does not have the quantity or the step.
        """

    @classmethod
    def definition(cls) -> FigureDefinition:
        """Returns the definition of its figure."""
        return FIGURES[cls.name]

    def update(
        self,
        data: Any,
        *,
        visible: Collection[str] | None = None,
        all_runs: int | None = None,
        page: int = 0,
        **options: Any,
    ) -> None:
        """Draws new data, or the same data with other options.

        Args:
            data: Data of a run, such as `LayerCurvesData`, or sequence of the data of
                several runs.
            visible: Collection of str. Names of the layers to draw. Defaults to `None`:
                all layers.
            all_runs: int. Number of runs, if `data` is from fewer runs. Defaults to
                `None`: the number of runs in `data`.
            page: int. Index of the page of panels, see `pages`; the last page if there
                are fewer. All pages have the same limits and colors. Defaults to 0.
            **options: Options of the figure, except options for reading; see
                `FigureDefinition.drawing_options`.

        Raises:
            ValueError: If the figure lacks an option, or a value is not allowed.
        """
        given = (data,) if isinstance(data, self.data_type) else tuple(data)
        visible = None if visible is None else frozenset(visible)
        self._use_options(options)
        self._given = {"data": given, "visible": visible, "all_runs": all_runs}
        self._given |= {"page": page, **options}
        was_fitted, rows, notes = self.follow, self._rows, self._notes
        self._runs, self._visible = given, visible
        self._all_runs = all_runs or len(given)
        self.page, self.pages = page, 1
        self._prepare()
        before, self._subject = self._subject, self._find_subject()
        is_new = self._subject is None or self._subject != before
        thresholds = self._thresholds
        if is_new or (was_fitted and self._viewport.live is Live.ALL):
            self._thresholds = self._find_thresholds()
        if (key := self._key()) != self._made:
            self._made = key
            self._remake(keep_view=not is_new)
        else:
            if is_new or thresholds != self._thresholds:
                self._scale_axes()
            if notes != self._notes:
                self._name_artists()
        self._refined = None
        self._draw()
        self._label()
        self.layout.set_headline_note(self._count_shown().of_layers)
        mark_phases(steps := self._cursors.axes, given, self.style.foreground)
        self.marks.draw(steps)
        self.layout.set_message(self._why_empty())
        if rows != self._rows and not is_new:
            set_heights(self._best_view())
        self._viewport.move(
            self._best_view, is_new=is_new, was_fitted=was_fitted, with_steps=steps
        )

    def show_cursor(self, step: int | None) -> None:
        """Marks a step in the panels that have steps.

        The marks are not part of the figure: an app draws `cursors` over it, without
        drawing the figure again.

        Args:
            step: int or `None`. The step; `None` hides the marks.
        """
        self._cursors.show(step)

    @property
    def cursors(self) -> list[Line2D]:
        """The lines that mark a step."""
        return self._cursors.lines

    def has_steps(self, axes: Axes) -> bool:
        """Returns whether the x axis shows steps."""
        return axes in self._cursors.axes

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """Artists that do not depend on the view, and a key of their appearance.

        An app may draw them once for each key.
        """
        return self.layout.static_artists

    def export(self) -> Figure:
        """Draws the same data and view on a new figure, in the light style.

        Returns:
            A matplotlib `Figure` of the same size, for `savefig`.
        """
        figure = NotebookFigure(figsize=tuple(self.figure.get_size_inches()))
        plot = type(self)(figure)
        plot.most_panels, plot.line_limit = self.most_panels, self.line_limit
        plot.marks.evidence = self.marks.evidence
        if self._given is not None:
            plot.update(**self._given)
            plot._set_thresholds(self._thresholds)
            copy_views(self.layout.axes, plot.layout.axes)
        return figure

    @abstractmethod
    def table(self) -> Table:
        """Returns the numbers in view."""

    # The view

    @property
    def follow(self) -> bool:
        """Whether the view is still fitted to the data."""
        return self._viewport.is_fitted

    def reset_view(self) -> None:
        """Fits the view to the data, now and in later updates."""
        self._set_thresholds(self._find_thresholds())
        self._viewport.reset(self._best_view())

    def fit_height(self) -> None:
        """Fits the limits of y to the steps or values in view."""
        set_heights(self._best_view(seen=True))

    @property
    def live(self) -> Live:
        """The behavior of the view when new data arrives."""
        return self._viewport.live

    def set_live(self, live: Live) -> None:
        """Sets the behavior of the view when new data arrives."""
        self._viewport.live = live
        if live is Live.ALL:
            self.reset_view()

    def _best_view(self, *, seen: bool = False) -> dict[Axes, View]:
        views = zip(self.layout.axes, cycle(self._fit(seen=seen)), strict=False)
        return self.marks.with_lines(dict(views))

    # Panels

    def _remake(self, *, keep_view: bool) -> None:
        """Replaces panels and artists; keeps the user's view if possible."""
        with self._viewport.kept_by(self.layout, keep_view=keep_view):
            self.layout.clear()
            self._cursors.clear()
            self._make()
            self._scale_axes()
        self._name_artists()

    def _add_axes(
        self, title: str = "", *, steps: bool = False, grid: bool = True
    ) -> Axes:
        """Adds a panel; with `steps`, its x axis shows steps."""
        axes = self.layout.add_panel(title, grid=grid)
        share_limits(axes, self.layout.axes[0], self.shared_axes)
        if steps:
            set_steps_scale(axes, self.options.log_steps)
            self.layout.set_labels(axes, x=STEPS)
            self._cursors.add(axes, getattr(self.style, self.cursor_color))
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
        names = [one.run for one in self._runs]
        return self._count_shown().of_runs(names, self._all_runs)

    def _before_draw(self) -> None:
        self.layout.arrange()
        self._refine_if_needed()
        self.layout.write([*self._remarks(), *counted_remarks(self._runs)])

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
        """Computes the content of the plot from the runs and the options.

        It may set `_rows`, the rows of the y axis, and `_notes`, additions to names.
        It sets `page` and `pages` if there can be several pages.
        """

    def _count_shown(self) -> Shown:
        """Returns the numbers of runs and layers that are drawn."""
        return Shown(len(self._runs))

    def _find_subject(self) -> object:
        """Returns the subject of the view: if it changes, the view is fitted.

        It is `None` if the plot is empty.
        """
        if not any(len(getattr(one, "steps", "1")) for one in self._runs):
            return None
        options = [getattr(self.options, name) for name in self.subject_options]
        return self._runs[0].quantity, options

    @abstractmethod
    def _key(self) -> object:
        """Returns a key of the artists: if it changes, they are replaced."""

    @abstractmethod
    def _make(self) -> None:
        """Adds panels and artists."""

    @abstractmethod
    def _fit(self, *, seen: bool = False) -> Sequence[View]:
        """Returns the best view of each panel, or of all panels with shared limits.

        Args:
            seen: bool. Whether to fit y to the data in view along x.
        """

    @abstractmethod
    def _label(self) -> None:
        """Labels the axes, and sets the title of the figure."""

    @abstractmethod
    def _why_empty(self) -> str:
        """Returns the reason why the plot is empty, or an empty text."""

    def _find_thresholds(self) -> tuple[float | None, ...]:
        """Returns where axes of values become logarithmic, in the form of `_fit`."""
        return ()

    def _set_scale(self, axes: Axes, threshold: float | None) -> None:  # noqa: B027
        """Sets the scale of the axis of values of a panel."""

    def _name_artists(self) -> None:  # noqa: B027
        """Names panels and artists, in titles and in the legend."""

    def _draw(self) -> None:  # noqa: B027
        """Updates artists as far as they do not depend on the view."""

    def _refine(self) -> None:  # noqa: B027
        """Updates artists as far as they depend on the view."""

    @abstractmethod
    def _remarks(self) -> Sequence[str]:
        """Returns remarks on the data in view; called after `_refine`."""
