"""What all pictures share: their layout, the user's view, export."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from keras_xavier.figures.fonts import write
from keras_xavier.figures.labels import cut, elide, elide_all, fitting
from keras_xavier.figures.limits import Limits
from keras_xavier.figures.style import LIGHT, Style
from keras_xavier.figures.table import Table
from keras_xavier.figures.ticks import LOGARITHMIC, ValueFormatter, step_formatter
from keras_xavier.text import SEPARATOR, evenly_spaced, wrap

View = tuple[Limits, Limits]
"""Limits of x and of y."""
Entry = tuple[Artist, str]
"""An artist and its name in the legend."""

FIGURE_SIZE = (8.0, 4.5)
"""Inches."""
TITLE_SIZE, TEXT_SIZE, NOTE_SIZE = 11, 9, 8
"""Points."""
TEXT_LETTER, NOTE_LETTER = 0.075, 0.066
"""Inches of a letter, on average."""
LEAST_OF_RUN, LEAST_OF_TITLE = 12, 20
"""Letters of the name of a run in the title, and of all of it."""
NOTE_HEIGHT = 0.4
"""Inches that the note may take at the bottom."""
SMALLEST = 0.4
"""Inches of an axis at least, whatever else there is no room for then."""
LEFT, RIGHT, TOP, BOTTOM = 0.92, 0.2, 0.42, 0.85
"""Margins around the axes in inches: fixed, so that they stay while following."""
GAP = 0.14
"""Inches between axes, and between the axes and the legend."""
BESIDE = 0.5
"""Inches between panels side by side, for half of a number at either end."""
FINE_COLUMNS = 1000
"""Columns of steps at least in figures for print."""
LEGEND_ROW = 0.205
"""Inches of a line in the legend."""
XLABEL, YLABEL = 0.29, 0.3
"""Inches from an axis to its label below, and from the left to the label there."""
PANEL_TITLE = 0.22
"""Inches for the title of a panel."""
STEPS, SHORT_STEPS = "step (updates of the weights)", "step"
NOTHING = "Nothing has been recorded yet"


class Live(StrEnum):
    """What the view does when new data arrive."""

    ALL = "all"
    """it shows all of them"""
    FOLLOW = "follow"
    """it goes along with the latest steps, as wide and as high as it is"""
    HOLD = "hold"
    """it stays"""


class Plot(ABC):
    """A picture on a matplotlib figure, made once and then updated in place.

    The picture takes the whole figure. At first every update fits the view to the
    data; once somebody has zoomed or panned, the view stays as it is until
    `reset_view`. `set_live` asks for something else.

    Args:
        figure: Where to draw; what was on it is removed.
        style: Colours.

    Attributes:
        figure: The figure.
        style: The colours.
        fine: Whether there is more detail than pixels, for print and for files;
            an app that draws again and again is faster without.

    Subclasses may set `_left`, inches left of the axes, `_beside`, inches for
    something of their own at the right of them, `_across`, how many axes are side by
    side, `_shared`, whether all axes have the same limits, so that numbers stand
    at the outer ones only, and `_headed`, which rows have titles of two lines.
    """

    def __init__(self, figure: Figure, *, style: Style = LIGHT) -> None:
        self.figure = figure
        self.style = style
        self.fine = True
        self._fitted: dict[Axes, View] = {}
        self._legend: Legend | None = None
        self._entries: tuple[Sequence[Entry], str, Sequence[Entry]] = ((), "", ())
        self._ylabels: dict[Axes, tuple[str, str]] = {}
        self._xlabels: dict[Axes, tuple[str, str]] = {}
        self._panel_titles: dict[Axes, tuple[Text, str, str]] = {}
        self._headline = "", ""
        self._arranged: object = None
        self._written: object = None
        self._repeat: Callable[[Any], None] | None = None
        self._cursors: dict[Axes, Line2D] = {}
        self._step: int | None = None
        self._left, self._beside = LEFT, 0.0
        self._across, self._shared = 1, False
        self._headed: Collection[int] = ()
        self._live = Live.ALL
        figure.clear()
        figure.set_facecolor(style.background)
        figure.set_layout_engine(BeforeDraw(self))
        self._title = figure.text(
            *(0, 1, ""),
            va="top",
            size=TITLE_SIZE,
            color=style.foreground,
            parse_math=False,
        )
        self._note = figure.text(
            0, 0, "", size=NOTE_SIZE, color=style.muted, parse_math=False
        )
        self._message = figure.text(
            *(0.5, 0.5, ""),
            ha="center",
            va="center",
            size=TITLE_SIZE,
            color=style.muted,
            parse_math=False,
        )

    @property
    def follow(self) -> bool:
        """Whether the view is the one that was fitted to the data."""
        return all(
            (axes.get_xlim(), axes.get_ylim()) == view
            for axes, view in self._fitted.items()
        )

    def reset_view(self) -> None:
        """Fits the view to the data, and follows them from now on."""
        for axes, (x, y) in self._fit().items():
            # Panels that share their limits have them already.
            if axes.get_xlim() != x:
                axes.set_xlim(x)
            if axes.get_ylim() != y:
                axes.set_ylim(y)
            # As the axes have them: a scale may have refused a limit.
            self._fitted[axes] = axes.get_xlim(), axes.get_ylim()
        if self._live is Live.HOLD:
            self._live = Live.ALL

    def fit_height(self) -> None:
        """Fits the heights to what is in view of the steps, which stay."""
        for axes, (_, y) in self._fit(seen=True).items():
            axes.set_ylim(y)

    @property
    def live(self) -> Live:
        """What the view does when new data arrive."""
        moved = self._live is Live.ALL and not self.follow
        return Live.HOLD if moved else self._live

    def set_live(self, live: Live) -> None:
        """Decides what the view does when new data arrive."""
        self._live = live
        if live is Live.ALL:
            self.reset_view()

    def _move_view(self, *, anew: bool, fitted: bool) -> None:
        """Has the view go along with new data.

        Args:
            anew: Whether the old view has no meaning any more.
            fitted: Whether the view was the fitted one before this update.
        """
        if anew or (fitted and self._live is Live.ALL):
            live = self._live
            self.reset_view()
            self._live = live
        elif self._live is Live.FOLLOW:
            for axes, (x, _) in self._fit().items():
                if self.has_steps(axes):
                    self._slide(axes, x[1])

    def _slide(self, axes: Axes, end: float) -> None:
        transform = axes.xaxis.get_transform()
        left, right = transform.transform(np.array(axes.get_xlim()))
        last = float(transform.transform(np.array([end]))[0])
        limits = transform.inverted().transform(np.array([last - (right - left), last]))
        axes.set_xlim(*map(float, limits))

    def show_cursor(self, step: int | None) -> None:
        """Marks a step in the axes that have steps, or none.

        The marks are no part of the figure: who shows it draws `cursors` over it,
        which takes no time.
        """
        self._step = step
        for line in self._cursors.values():
            line.set_visible(step is not None)
            line.set_xdata([step or 0, step or 0])

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """What looks the same wherever the view is, and a mark of how it looks.

        Who draws again and again may draw these once for each mark.
        """
        artists = [] if self._legend is None else [self._legend]
        return self._legend, list(artists)

    @property
    def rows(self) -> int:
        """How many panels are one under the other."""
        count = max(len(self._ylabels), 1)
        return math.ceil(count / min(self._across, count))

    @property
    def cursors(self) -> list[Line2D]:
        """The marks of the step."""
        return list(self._cursors.values())

    def has_steps(self, axes: Axes) -> bool:
        """Whether the x axis is one of steps."""
        return axes in self._cursors

    def export(self) -> Figure:
        """Draws the same data and view on a new figure, in the light style.

        Returns:
            A figure of the same size, for `savefig`.
        """
        figure = Figure(figsize=tuple(self.figure.get_size_inches()))
        plot = type(self)(figure)
        if self._repeat is not None:
            self._repeat(plot)
            plot._show_like(self)
        return figure

    def _show_like(self, other: Self) -> None:
        """Takes over the view of another picture of the same data."""
        for axes, theirs in zip(self._ylabels, other._ylabels, strict=True):
            axes.set_xlim(theirs.get_xlim())
            axes.set_ylim(theirs.get_ylim())

    @abstractmethod
    def table(self) -> Table:
        """What is shown, as numbers."""

    @abstractmethod
    def _fit(self, *, seen: bool = False) -> Mapping[Axes, View]:
        """The view that shows the data best; with `seen`, those in view best."""

    @abstractmethod
    def _refine(self) -> None:
        """Called before each draw: adapts the artists to the view."""

    @abstractmethod
    def _remarks(self) -> Sequence[str]:
        """What must be said of what is in view, called after `_refine`."""

    def _remove_axes(self) -> None:
        """Takes all axes away."""
        for axes in self._ylabels:
            axes.remove()
        self._ylabels.clear()
        self._xlabels.clear()
        self._panel_titles.clear()
        self._cursors.clear()
        self._fitted.clear()
        self._arranged = None

    def _add_axes(self, *, steps: bool = False, title: str = "") -> Axes:
        """Adds axes after those that are there; with `steps`, x is one of steps."""
        axes = self.figure.add_axes((0.1, 0.1, 0.8, 0.8))
        self._ylabels[axes] = "", ""
        axes.set_autoscale_on(False)
        self._set_panel_title(axes, title)
        axes.set_facecolor(self.style.background)
        axes.set_axisbelow(True)
        axes.grid(color=self.style.grid, linewidth=0.8, linestyle="solid")
        axes.tick_params(
            which="both",
            color=self.style.foreground,
            labelcolor=self.style.foreground,
            labelsize=TEXT_SIZE,
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(self.style.foreground)
        axes.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(ValueFormatter())
        for axis in (axes.xaxis, axes.yaxis):
            axis.label.set(
                color=self.style.foreground, size=TEXT_SIZE, parse_math=False
            )
        if steps:
            self._cursors[axes] = self._make_cursor(axes)
        return axes

    def _set_panel_title(self, axes: Axes, title: str, note: str = "") -> None:
        """Names a panel; what there is no room for is left out of `title`."""
        known = self._panel_titles.get(axes)
        if known is not None and known[1:] == (title, note):
            return
        text = axes.set_title(
            title + note,
            loc="left",
            size=TEXT_SIZE,
            color=self.style.foreground,
            pad=3,
            # A fixed place: matplotlib would look for one at each draw.
            y=1.0,
            parse_math=False,
        )
        write(text, title + note)
        self._panel_titles[axes] = text, title, note
        self._arranged = None

    def _make_cursor(self, axes: Axes) -> Line2D:
        cursor = Line2D(
            [self._step or 0] * 2,
            [0, 1],
            color=self.style.foreground,
            linewidth=1.2,
            linestyle="solid",
            transform=axes.get_xaxis_transform(),
            visible=self._step is not None,
        )
        # Not a child of the axes, which would draw it with all the rest.
        cursor.set_figure(self.figure)
        cursor.axes = axes
        cursor.set_clip_path(axes.patch)
        return cursor

    def _columns_of(self, axes: Axes) -> int:
        """Columns to draw: one per pixel, and enough for figures without pixels."""
        return max(FINE_COLUMNS if self.fine else 1, int(axes.bbox.width))

    def _set_title(self, what: str, run: str) -> None:
        self._headline = what, run

    def _set_ylabel(self, axes: Axes, text: str, *, short: str) -> None:
        """Labels the y axis; with `short` where there is no room for `text`."""
        if self._ylabels.get(axes) != (text, short):
            self._ylabels[axes] = text, short
            self._arranged = None

    def _set_xlabel(self, axes: Axes, text: str, *, short: str) -> None:
        """Labels the x axis; with `short` where there is no room for `text`."""
        if self._xlabels.get(axes) != (text, short):
            self._xlabels[axes] = text, short
            self._arranged = None

    def _set_message(self, text: str) -> None:
        """Says why there is nothing to see; the empty text when there is."""
        self._message.set_text(text)

    def _set_legend(
        self, entries: Sequence[Entry], *, what: str, always: Sequence[Entry] = ()
    ) -> None:
        """Names the artists, beside the axes.

        Args:
            entries: Artists and their names; if there is no room for all, an even
                choice of them is named.
            what: What these are, in the plural.
            always: Further ones that are named in any case.
        """
        self._entries = entries, what, always
        self._arranged = None

    def _make_legend(self, width: float, height: float) -> None:
        """Makes the legend anew, with as many names as there is room for."""
        if self._legend is not None:
            self._legend.remove()
            self._legend = None
        entries, what, always = self._entries
        rows = max(int((height - TOP - NOTE_HEIGHT) / LEGEND_ROW) - len(always), 2)
        title = ""
        if len(entries) > rows:
            chosen = evenly_spaced(len(entries), rows - 1)
            title = f"{len(chosen)} of {len(entries)} {what}"
            entries = [entries[i] for i in chosen]
        if not (shown := [*entries, *always]):
            return
        self._legend = self.figure.legend(
            [artist for artist, _ in shown],
            [name for _, name in shown],
            loc="upper right",
            title=title,
            title_fontsize=TEXT_SIZE,
            fontsize=TEXT_SIZE,
            labelcolor=self.style.foreground,
            alignment="left",
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            handlelength=2.4,
            bbox_to_anchor=(0, 0, 1 - RIGHT / width, 1 - TOP / height),
        )
        self._legend.get_title().set_color(self.style.foreground)
        for text in self._legend.get_texts():
            # A name is no formula, whatever it has for letters.
            text.set_parse_math(False)
            write(text, text.get_text())

    def _arrange(self) -> None:
        """Places everything, unless all is as it was."""
        width, height = self.figure.get_size_inches()
        scales = [(one.get_xscale(), one.get_yscale()) for one in self._ylabels]
        arranged = (width, height, self.figure.dpi, *scales)
        if arranged == self._arranged:
            return
        self._arranged = arranged
        self._make_legend(width, height)
        right = RIGHT + self._beside
        if self._legend is not None:
            box = self._legend.get_window_extent()
            right += box.width / self.figure.dpi + GAP
        left, edge = self._left, min(self._left, LEFT)
        inner = max(width - left - right, SMALLEST)
        count = max(len(self._ylabels), 1)
        columns, rows = min(self._across, count), self.rows
        titled = any(title for _, title, _ in self._panel_titles.values())
        gap_y = GAP + (PANEL_TITLE if titled and rows > 1 else 0)
        gap_x = BESIDE if self._shared else left + GAP
        top = TOP + (PANEL_TITLE if titled else 0)
        heads = [PANEL_TITLE if row in self._headed else 0.0 for row in range(rows)]
        inside = height - top - BOTTOM - gap_y * (rows - 1) - sum(heads)
        each = max(inside / rows, SMALLEST)
        wide = max((inner - gap_x * (columns - 1)) / columns, SMALLEST)
        for i, (axes, (text, short)) in enumerate(self._ylabels.items()):
            row, column = divmod(i, columns)
            x = left + column * (wide + gap_x)
            y = height - top - row * (each + gap_y) - each - sum(heads[: row + 1])
            axes.set_position((x / width, y / height, wide / width, each / height))
            scale = axes.get_yscale()
            words = scaled((text, short), scale, int(each / TEXT_LETTER))
            write(axes.yaxis.label, words)
            # Fixed, as finding where they fit costs more than drawing them.
            axes.yaxis.set_label_coords((YLABEL - left) / wide, 0.5)
            axes.xaxis.set_label_coords(0.5, -XLABEL / each)
            if axes in self._xlabels:
                letters, scale = int(wide / TEXT_LETTER), axes.get_xscale()
                # Of steps, there are none but 0 and 1 in the linear part.
                scale = scale.removeprefix("sym") if self.has_steps(axes) else scale
                write(axes.xaxis.label, scaled(self._xlabels[axes], scale, letters))
            if self._shared:
                is_left, is_lowest = column == 0, i + columns >= count
                axes.tick_params(axis="y", which="both", labelleft=is_left)
                axes.tick_params(axis="x", which="both", labelbottom=is_lowest)
                axes.yaxis.label.set_visible(is_left)
                axes.xaxis.label.set_visible(is_lowest)
        # Up to the next panel, or to what is beside the last one.
        beside = max(gap_x, GAP) - GAP
        self._fit_panel_titles([wide + beside] * (columns - 1) + [wide])
        self._title.set_position((edge / width, 1 - 0.12 / height))
        self._note.set_position((edge / width, 0.1 / height))
        self._message.set_position(
            ((left + inner / 2) / width, (height - top + BOTTOM) / 2 / height)
        )

    def _fit_panel_titles(self, widths: Sequence[float]) -> None:
        """Cuts the titles of panels to the width of each column."""
        if not self._panel_titles:
            return
        texts, titles, notes = zip(*self._panel_titles.values(), strict=True)

        def fits(i: int) -> Callable[[str], bool]:
            within = fitting(texts[i], widths[i % len(widths)])
            return lambda title: within(title + notes[i])

        short = elide_all(titles, [fits(i) for i in range(len(titles))])
        for text, title, note in zip(texts, short, notes, strict=True):
            write(text, title + note)

    def _write(self) -> None:
        """Writes title and note, as long as there is room."""
        room = self.figure.get_size_inches()[0] - min(self._left, LEFT) - RIGHT
        written = (self._headline, room, self.figure.dpi)
        if written != self._written:
            self._written = written
            write(self._title, self._headline_within(room))
        write(self._note, wrap(self._remarks(), int(room / NOTE_LETTER)))

    def _headline_within(self, room: float) -> str:
        fits = fitting(self._title, room)
        what, run = self._headline
        if run:
            # The run gives way first: it is named elsewhere too.
            def beside(name: str) -> bool:
                return fits(f"{what}{SEPARATOR}{name}")

            name = cut(elide(run, beside), beside, LEAST_OF_RUN)
            what = f"{what}{SEPARATOR}{name}"
        return cut(what, fits, LEAST_OF_TITLE)


class BeforeDraw(LayoutEngine):
    """Has matplotlib ask the picture before each draw, whoever draws.

    Attributes:
        done: Whether that was done already for the draw to come.
    """

    _adjust_compatible = True
    _colorbar_gridspec = True

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._picture = plot
        self.done = False

    def execute(self, fig: Figure) -> None:
        if self.done:
            return
        try:
            self._picture._arrange()
            self._picture._refine()
            self._picture._write()
        except ValueError as error:
            # Figure.draw passes over the ValueErrors of layout engines.
            raise RuntimeError(f"The picture cannot be drawn: {error}") from error

    def set(self, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(f"There is nothing to set. Received: {sorted(kwargs)}")


def scaled(label: tuple[str, str], scale: str, letters: int) -> str:
    """Label of an axis, the short one if there is no room, with its scale.

    >>> scaled(("weight W", "W"), "log", 20), scaled(("weight W", "W"), "log", 10)
    ('weight W (log)', 'W (log)')
    """
    text, short = label
    if scale not in LOGARITHMIC:
        return text if len(text) <= letters else short
    text = f"{text[:-1]}, {scale})" if text == STEPS else f"{text} ({scale})"
    return text if len(text) <= letters else f"{short} ({scale})"


def set_steps_scale(axes: Axes, logarithmic: bool) -> None:
    """Makes the x axis one of steps, linear or logarithmic."""
    if logarithmic:
        # A run starts with step 0: linear up to 1, logarithmic from there.
        axes.set_xscale("symlog", linthresh=1, linscale=0.5, subs=range(2, 10))
    else:
        axes.set_xscale("linear")
        axes.xaxis.set_major_locator(
            MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
        )
    axes.xaxis.set_major_formatter(step_formatter())
