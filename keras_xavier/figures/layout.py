"""Places panels, titles, labels and the legend of a plot on its figure."""

import math
import textwrap
from collections.abc import Callable, Collection, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from keras_xavier.figures.axis_labels import STEPS, Label, with_scale
from keras_xavier.figures.colorbar import Colorbar
from keras_xavier.figures.labels import fitting, write
from keras_xavier.figures.legend import (
    Entry,
    draw_legend,
    fit_entries,
    shorten_names,
    with_hidden_runs,
)
from keras_xavier.figures.panel import Panel, fit_titles
from keras_xavier.figures.style import (
    NOTE_SIZE,
    TEXT_LETTER,
    TEXT_SIZE,
    TITLE_SIZE,
    Style,
)
from keras_xavier.figures.ticks import ValueFormatter
from keras_xavier.text import SEPARATOR, fit, fit_all, wrap

NOTE_LETTER = 0.066
"""Width of an average letter of a note in inches."""
LEAST_OF_RUN, LEAST_OF_TITLE, LEAST_OF_PANEL = 12, 20, 6
"""Minimum number of letters to keep of the run's name in the title, of the title, and
of the title of a panel."""
NOTE_HEIGHT = 0.4
"""Height of the note at the bottom, in inches."""
SMALLEST = 0.4
"""Minimum width and height of a panel in inches."""
LEFT, RIGHT, TOP, BOTTOM = 0.92, 0.2, 0.42, 0.85
"""Margins around the panels in inches: fixed, so that panels do not move while new
records arrive."""
GAP = 0.14
"""Inches between panels, and between the panels and the legend."""
BESIDE = 0.5
"""Inches between panels side by side: half a tick label at either end."""
LEGEND_ROW = 0.205
"""Height of a line in the legend, in inches."""
BESIDE_PANELS = 1.5
"""Width of the legend and the margins, in widths of a panel: long names do not make the
legend wider than a panel."""
MOST_LAYERS = 12
"""Largest number of layers in the legend."""
XLABEL, YLABEL = 0.29, 0.3
"""Inches from a panel to the label below, and from the figure to the left label."""
PANEL_TITLE = 0.22
"""Height of the title of a panel in inches."""
NAMES_SHARE = 0.35
"""Largest share of the width for the names of rows."""


class Layout:
    """Places everything on a figure, with margins that do not depend on the data.

    Args:
        figure: The figure.
        style: Colors.
        is_shared: bool. Whether all panels have the same limits, so that only the
            outer panels have tick labels and axis labels.
        colorbar: The color bar to place at the right, or `None`.

    Attributes:
        panels: The panels, from left to right and from top to bottom.
        columns: Number of panels side by side.
        headed: Indices of the rows whose titles have two lines.
        titles: Function from a number of letters to the titles of the panels, or `None`
            if titles are shortened one by one.
        gaps: Inches between columns and between rows; `None` for the defaults.
        has_own_rows: Whether the panels share the x axis only.
        headroom: Inches above the panels for texts that belong to them.
        row_names: Letters in the longest name of a row, if the y axis has such names.
        arranged: The inputs of the current arrangement.
        lists_hidden: Whether the legend lists hidden layers if there is room: an app
            shows them again with a click.
        listed: The entries of the legend.
    """

    def __init__(
        self,
        figure: Figure,
        style: Style,
        *,
        is_shared: bool,
        colorbar: Colorbar | None = None,
    ) -> None:
        self.figure, self.style, self.colorbar = figure, style, colorbar
        self.is_shared = is_shared
        self.panels: list[Panel] = []
        self.columns, self.row_names, self.headroom = 1, 0, 0.0
        self.has_own_rows = False
        self.gaps: tuple[float, float] | None = None
        self.headed: Collection[int] = ()
        self.titles: Callable[[int], Sequence[str]] | None = None
        self.legend: Legend | None = None
        self.lists_hidden = False
        self.listed: list[Entry] = []
        self._all_runs: Sequence[Entry] = ()
        self.arranged: object = None
        self._entries: tuple[Sequence[Entry], str, Sequence[Entry]] = ((), "", ())
        self._headline = "", "", ""
        self._written: object = None

        def text(x: float, y: float, **how: Any) -> Text:
            return figure.text(x, y, "", parse_math=False, **how)

        self._title = text(0, 1, va="top", size=TITLE_SIZE, color=style.foreground)
        self._note = text(0, 0, size=NOTE_SIZE, color=style.muted)
        self._reason, self._inner = "", float(figure.get_size_inches()[0])
        self._message = text(
            *(0.5, 0.5), ha="center", va="center", size=TITLE_SIZE, color=style.muted
        )

    @property
    def axes(self) -> list[Axes]:
        """The axes of all panels."""
        return [panel.axes for panel in self.panels]

    @property
    def rows(self) -> int:
        """Number of panels one below the other."""
        count = max(len(self.panels), 1)
        return math.ceil(count / min(self.columns, count))

    @property
    def static_artists(self) -> tuple[object, list[Artist]]:
        """The color bar or the legend, and a key of its appearance."""
        if self.colorbar is not None:
            return (*self.colorbar.state, self.arranged), [self.colorbar.axes]
        return self.legend, [] if self.legend is None else [self.legend]

    def clear(self) -> None:
        """Removes all panels."""
        for panel in self.panels:
            panel.axes.remove()
        self.panels.clear()
        self.arranged = None

    def add_panel(self, title: str = "", *, grid: bool = True) -> Axes:
        """Adds a panel after the others."""
        axes = self.figure.add_axes((0.1, 0.1, 0.8, 0.8))
        foreground = self.style.foreground
        axes.set_autoscale_on(False)
        # At a fixed height: matplotlib would search for a height in each draw.
        text = axes.set_title(
            "", loc="left", size=TEXT_SIZE, color=foreground, pad=3, y=1.0
        )
        text.set_parse_math(False)
        self.panels.append(Panel(axes, text))
        self.set_panel_title(axes, title)
        axes.set_facecolor(self.style.background)
        axes.set_axisbelow(True)
        if grid:
            axes.grid(color=self.style.grid, linewidth=0.8, linestyle="solid")
        axes.tick_params(
            which="both", color=foreground, labelcolor=foreground, labelsize=TEXT_SIZE
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(foreground)
        axes.yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(ValueFormatter())
        for axis in (axes.xaxis, axes.yaxis):
            axis.label.set(color=foreground, size=TEXT_SIZE, parse_math=False)
        return axes

    def set_panel_title(
        self, axes: Axes, title: str, note: str = "", *, short: str = ""
    ) -> None:
        """Sets the title of a panel; a narrow one has `short`, or less of `title`."""
        panel = self._panel(axes)
        if (panel.title, panel.note, panel.short) != (title, note, short):
            panel.title, panel.note, panel.short = title, note, short
            write(panel.text, title + note)
            self.arranged = None

    def set_labels(
        self, axes: Axes, *, x: Label | None = None, y: Label | None = None
    ) -> None:
        """Labels the axes of a panel; `None` leaves a label as it is."""
        panel = self._panel(axes)
        labels = x or panel.xlabel, y or panel.ylabel
        if labels != (panel.xlabel, panel.ylabel):
            panel.xlabel, panel.ylabel = labels
            self.arranged = None

    def set_headline(self, what: str, run: str) -> None:
        """Sets the title of the figure: its content, and the name of the run."""
        self._headline = what, run, self._headline[-1]

    def set_headline_note(self, note: str) -> None:
        """Sets the text after the name of the run, which is never shortened."""
        self._headline = *self._headline[:2], note

    def set_message(self, text: str) -> None:
        """Sets the reason why the figure is empty; an empty text removes it."""
        self._reason = text
        self._write_message()

    def set_legend(
        self, entries: Sequence[Entry], *, what: str, always: Sequence[Entry] = ()
    ) -> None:
        """Names artists at the right of the panels.

        Args:
            entries: Artists and their names. If there is no room for all entries, the
                legend has evenly spaced entries.
            what: str. Noun for the entries, in the plural.
            always: Further entries, which the legend always has.
        """
        self._entries = entries, what, always
        self.arranged = None

    def list_runs(self, runs: Sequence[Entry]) -> None:
        """Sets the runs that the legend lists if some of them are hidden."""
        self._all_runs = runs
        self.arranged = None

    def arrange(self) -> None:
        """Places everything, unless nothing has changed."""
        width, height = self.figure.get_size_inches()
        scales = [(one.get_xscale(), one.get_yscale()) for one in self.axes]
        arranged = (width, height, self.figure.dpi, *scales)
        if arranged == self.arranged:
            return
        self.arranged = arranged
        self._make_legend(width, height)
        left, right = self._left, RIGHT
        count = max(len(self.panels), 1)
        columns, rows = min(self.columns, count), self.rows
        # Tick labels of a panel above the last row extend beyond it.
        gap = GAP if count % columns == 0 else BESIDE / 2
        if self.colorbar is not None:
            right += self.colorbar.width + gap - GAP
        if self.legend is not None:
            box = self.legend.get_window_extent()
            right += box.width / self.figure.dpi + GAP
        inner = max(width - left - right, SMALLEST)
        titled = any(panel.title for panel in self.panels)
        gap_y = GAP + (PANEL_TITLE if titled and rows > 1 else 0)
        gap_x = BESIDE if self.is_shared else left + GAP
        if self.gaps is not None:
            gap_x, gap_y = self.gaps
        top = TOP + self.headroom + (PANEL_TITLE if titled else 0)
        heads = [PANEL_TITLE if row in self.headed else 0.0 for row in range(rows)]
        inside = height - top - BOTTOM - gap_y * (rows - 1) - sum(heads)
        each = max(inside / rows, SMALLEST)
        wide = max((inner - gap_x * (columns - 1)) / columns, SMALLEST)
        for i, panel in enumerate(self.panels):
            row, column = divmod(i, columns)
            x = left + column * (wide + gap_x)
            y = height - top - row * (each + gap_y) - each - sum(heads[: row + 1])
            panel.axes.set_position(
                (x / width, y / height, wide / width, each / height)
            )
            self._write_labels(panel, wide, each)
            if self.is_shared or self.has_own_rows:
                is_left = self.has_own_rows or column == 0
                self._hide_inner(panel.axes, is_left, i + columns >= count)
        # Up to the next panel, or to the legend or color bar beside the last panel.
        beside = max(gap_x, GAP) - GAP
        self._fit_panel_titles([wide + beside] * (columns - 1) + [wide])
        edge = min(left, LEFT) / width
        self._title.set_position((edge, 1 - 0.12 / height))
        self._note.set_position((edge, 0.1 / height))
        self._inner = inner
        self._write_message()
        self._message.set_position(
            ((left + inner / 2) / width, (height - top + BOTTOM) / 2 / height)
        )
        if self.colorbar is not None:
            self.colorbar.place(self.axes, gap / width)

    def write(self, remarks: Sequence[str]) -> None:
        """Writes the title, and the remarks below the panels."""
        room = self.figure.get_size_inches()[0] - min(self._left, LEFT) - RIGHT
        written = (self._headline, room, self.figure.dpi)
        if written != self._written:
            self._written = written
            write(self._title, self._headline_within(room))
        write(self._note, wrap(remarks, int(room / NOTE_LETTER)))

    def _write_message(self) -> None:
        letters = max(int(self._inner / TEXT_LETTER / 1.25), LEAST_OF_PANEL)
        write(self._message, textwrap.fill(self._reason, letters))

    def _panel(self, axes: Axes) -> Panel:
        return next(panel for panel in self.panels if panel.axes is axes)

    @property
    def _left(self) -> float:
        """Left margin in inches."""
        if not self.row_names:
            return LEFT
        width = float(self.figure.get_size_inches()[0])
        return min(0.3 + TEXT_LETTER * self.row_names, NAMES_SHARE * width)

    def _write_labels(self, panel: Panel, width: float, height: float) -> None:
        axes, letters = panel.axes, int(height / TEXT_LETTER)
        write(axes.yaxis.label, with_scale(panel.ylabel, axes.get_yscale(), letters))
        # Fixed, because fitting them takes longer than drawing them.
        axes.yaxis.set_label_coords((YLABEL - self._left) / width, 0.5)
        axes.xaxis.set_label_coords(0.5, -XLABEL / height)
        scale = axes.get_xscale()
        if panel.xlabel == STEPS:
            # The linear part holds the steps 0 and 1 only.
            scale = scale.removeprefix("sym")
        letters = int(width / TEXT_LETTER)
        write(axes.xaxis.label, with_scale(panel.xlabel, scale, letters))

    def _hide_inner(self, axes: Axes, is_left: bool, is_lowest: bool) -> None:
        axes.tick_params(axis="y", which="both", labelleft=is_left)
        axes.tick_params(axis="x", which="both", labelbottom=is_lowest)
        axes.yaxis.label.set_visible(is_left)
        axes.xaxis.label.set_visible(is_lowest)
        if self.colorbar is not None:
            # Without a grid, ticks without labels are useless.
            axes.yaxis.set_visible(is_left)
            axes.xaxis.set_visible(is_lowest)

    def _make_legend(self, width: float, height: float) -> None:
        """Replaces the legend by a legend with as many names as fit."""
        if self.legend is not None:
            self.legend.remove()
            self.legend = None
        entries, what, always = self._entries
        entries, always = with_hidden_runs(entries, always, self._all_runs)
        rows = max(int((height - TOP - NOTE_HEIGHT) / LEGEND_ROW) - len(always), 2)
        if what == "layers":
            # More colors of a scale are indistinguishable: some show the order.
            rows = min(rows, MOST_LAYERS)
        if not self.lists_hidden or len(entries) > rows:
            entries = [one for one in entries if not one.is_hidden]
        entries, title = fit_entries(entries, rows, what)
        self.listed = [*entries, *always]
        if not self.listed:
            return
        corner = 1 - RIGHT / width, 1 - TOP / height
        named = shorten_names(self.listed, width / (self.columns + BESIDE_PANELS))
        self.legend = draw_legend(self.figure, self.style, named, title, corner)

    def _fit_panel_titles(self, widths: Sequence[float]) -> None:
        """Shortens the titles of panels to the width of each column."""
        if self.titles is not None:
            letters = max(int((min(widths) + GAP) / TEXT_LETTER), LEAST_OF_PANEL)
            for panel, title in zip(self.panels, self.titles(letters), strict=True):
                # The lower of two lines is where a single line would be.
                panel.text.set_verticalalignment("bottom")
                write(panel.text, title)
            return

        fit_titles(self.panels, widths)

    def _headline_within(self, room: float) -> str:
        fits = fitting(self._title, room)
        what, run, note = self._headline
        if not run:
            return fit(what, fits, LEAST_OF_TITLE)

        # The name of the run is shortened first: it is shown elsewhere too.
        def beside(name: str) -> bool:
            return fits(f"{what}{SEPARATOR}{name}{note}")

        (name,) = fit_all([run], [beside], LEAST_OF_RUN)
        rest = f"{SEPARATOR}{name}{note}"
        title = fit(what, lambda text: fits(text + rest), LEAST_OF_TITLE) + rest
        return fit(title, fits, LEAST_OF_TITLE)
