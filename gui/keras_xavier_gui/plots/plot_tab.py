"""A tab made from the definitions of its figures."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, cast

from keras_xavier.figure_spec import FIGURES, Facet, FigureDefinition, FigureSpec
from keras_xavier.figures import Plot
from keras_xavier.figures.loaders import why_absent
from keras_xavier.runs import Run, State
from keras_xavier.statistics import Quantity
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.controls import (
    Controls,
    add_combo_box,
    gray_out,
    merge_options,
)
from keras_xavier_gui.plots.description import describe_table, number
from keras_xavier_gui.plots.drawing import DRAWINGS, Drawing
from keras_xavier_gui.plots.plot_page import PlotPage
from keras_xavier_gui.plots.read_request import (
    NO_RUN,
    Request,
    nearest,
    none_readable,
    problem_text,
    readable,
    visible,
    why_absent_in_all,
    why_nothing,
)
from keras_xavier_gui.qt import QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.run_cache import ReadResult, Snapshot
from keras_xavier_gui.widgets.message_page import READING
from keras_xavier_gui.widgets.status_bar import excerpt, plain

FROM_RECORDS = {"quantity", "record", "step", "layer"}
"""Arguments of loaders that read records; the others read metrics alone."""


class PlotTab(PlotPage):
    """Controls, and a plot that is read and drawn while the tab is visible.

    The controls are made from the options of the figures. An option that the loader
    of a figure takes is read again, the others are drawn again. One request is under
    way at a time; what was asked for meanwhile is made up for by one more request at
    its end. So a slow disk or a fast slider never piles up work.

    Args:
        title: Title of the tab, with its mnemonic.
        figures: The figures that the tab shows, one at a time.
        context: State and services of the app.
    """

    hint = ""
    """Text after the controls."""
    start_values: ClassVar[Mapping[str, Any]] = {}
    """Values at the start that differ from the defaults, by option."""

    unreadable = Signal(object)
    """Why runs could not be read, by path."""

    def __init__(
        self,
        title: str,
        figures: Sequence[FigureDefinition],
        context: AppContext,
    ) -> None:
        super().__init__(title, context)
        self.figures = tuple(figures)
        self._reading = False
        self._stale = True
        self.read_paths: tuple[str, ...] = ()
        self.read_between: tuple[float, float] | None = None
        self.options = Controls(merge_options(figures), self.first_row, self.second_row)
        self.options.setParent(self)
        for name, value in self.start_values.items():
            self.options.set_value(name, value)
        if len(self.figures) > 1:
            self.add_selector()
        if self.hint:
            self.first_row.addWidget(QtWidgets.QLabel(self.hint))
        self.options.enable(self.figure)
        self.start()
        self.options.changed.connect(self.change_option)
        self.selection.runs_changed.connect(self.change_runs)
        self.selection.step_changed.connect(self.change_step)
        self.selection.layers_changed.connect(self.change_layers)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures that the tab shows."""
        return tuple(one.name for one in self.figures)

    @property
    def help(self) -> str:
        """What the figures show and what to look for."""
        if len(self.figures) == 1:
            return self.figure.explanation
        pages = [f"{one.title}: {one.explanation}" for one in self.figures]
        return "\n\n".join(pages)

    # The figure

    def add_selector(self) -> None:
        """Adds the control that selects one of several figures."""
        titles = [one.title for one in self.figures]
        self.kind = add_combo_box(self.first_row, "&Kind:", titles, "Figure to show")
        self.kind.currentIndexChanged.connect(self.change_figure)

    @property
    def figure(self) -> FigureDefinition:
        """The selected figure."""
        return self.figures[self.kind.currentIndex() if len(self.figures) > 1 else 0]

    def select_figure(self, figure: FigureDefinition) -> None:
        """Selects one of the figures of this tab."""
        if len(self.figures) > 1:
            self.kind.setCurrentIndex(self.figures.index(figure))

    def show_spec(self, spec: FigureSpec) -> None:
        """Selects a figure and sets its options; options without a value stay."""
        if spec.figure is not None:
            self.select_figure(FIGURES[spec.figure])
        for option in self.figure.options:
            value = getattr(spec, option.name, None)
            if value is not None and option.name in self.options:
                self.options.set_value(option.name, value)

    @property
    def drawing(self) -> Drawing:
        """The loader and the plot of the selected figure."""
        return DRAWINGS[self.figure.name]

    def plot_class(self) -> type[Plot]:
        return self.drawing.plot

    def values(self) -> dict[str, Any]:
        """The options of the selected figure, by name."""
        return {**self.options.values(self.figure), **self.drawing.fixed}

    @property
    def quantity(self) -> Quantity | None:
        """The quantity that the figure shows, or None if it shows no single one."""
        return self.values().get("quantity")

    # Changes

    def change_option(self, name: str) -> None:
        """Called when a control has changed."""
        self.options.enable(self.figure)
        if name in arguments_of(self.drawing.load):
            self.reread()
        else:
            self.redraw()

    def change_figure(self) -> None:
        """Called when another figure was selected."""
        self.options.enable(self.figure)
        self.data = self._subject = None
        self.make_plot()
        self.reread()

    def change_runs(self) -> None:
        """Called when the selected runs have changed, or have new records."""
        run = self.selection.run
        self.options.list_layers([one.name for one in run.layers] if run else [])
        self.reread()

    def change_step(self) -> None:
        """Called when another step was selected."""
        if arguments_of(self.drawing.load) & {"record", "step"}:
            self.reread()

    def change_layers(self) -> None:
        """Called when layers were shown or hidden."""
        if self.figure.option("layers"):
            self.redraw()

    # Reading

    def request(self) -> Request | str:
        """Returns what to read, or why there is nothing to draw."""
        self.gray_out_quantities()
        runs = self.readable_runs()
        if not runs:
            return self.why_nothing()
        return self.request_of(runs)

    def readable_runs(self) -> list[Snapshot]:
        """The selected runs that the figure can show."""
        if arguments_of(self.drawing.load) & FROM_RECORDS:
            return readable(self.selection, self.quantity)
        runs = [run for run in self.selection.runs if run.state is not State.BROKEN]
        return sorted(runs, key=lambda run: run.path)

    def why_nothing(self) -> str:
        """Returns why no selected run can be shown."""
        if reason := why_nothing(self.selection):
            return reason
        run, quantity = self.selection.run, self.quantity
        if run is None or quantity is None:
            return NO_RUN
        return why_absent(run.layers, quantity) or "No records yet"

    def request_of(self, runs: Sequence[Snapshot]) -> Request | str:
        """Returns what to read of some runs."""
        load, taken = self.drawing.load, arguments_of(self.drawing.load)
        given = {name: one for name, one in self.values().items() if name in taken}
        paths = tuple(run.path for run in runs)
        # A switch adds to the data and leaves the view as it is.
        chosen = [one for one in given.values() if not isinstance(one, bool)]
        subject = (paths, load, *chosen)
        step = self.selection.step
        indices = {path: self.selection.color_index(path) for path in paths}
        before = self.read_before(subject)

        def read(run: Run) -> Any:
            of_run: dict[str, Any] = {
                "index": indices[run.path],
                "previous": before.get(run.path),
            }
            if taken & {"record", "step"}:
                of_run["record"] = nearest(run.steps, step)
                of_run["step"] = int(run.steps[of_run["record"]])
            own = {name: one for name, one in of_run.items() if name in taken}
            return load(run, **given, **own)

        return Request(subject, paths, read)

    def read_before(self, subject: tuple[Any, ...]) -> dict[str, Any]:
        """The data that were read of the same subject, by path."""
        if self._subject != subject or self.data is None:
            return {}
        return dict(zip(self.read_paths, self.data, strict=True))

    def gray_out_quantities(self) -> None:
        """Disables the quantities that no selected run has."""
        if "quantity" in self.options:
            reasons = why_absent_in_all(self.selection, self.quantities())
            gray_out(cast(QtWidgets.QComboBox, self.options["quantity"]), reasons)

    def quantities(self) -> list[Quantity]:
        """The quantity of each item in the box of quantities."""
        return list(Quantity)

    def leave_out(self, reasons: Mapping[str, str]) -> bool:
        """Returns whether to read again without the unreadable runs."""
        return False

    def left_out(self) -> Mapping[str, str]:
        """Returns why selected runs were not read, by path."""
        return {}

    def reread(self) -> None:
        """Reads everything again, now or when the tab becomes visible."""
        self._stale = True
        self._start()

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._start()
        else:
            self.redraw()

    def _start(self) -> None:
        if self._reading or not self.isVisible():
            return
        self._stale = False
        request = self.request()
        if isinstance(request, str):
            self._show_message(request)
            return
        self._reading = True
        if self.data is None:
            self._message.set_text(READING)
            self._stack.setCurrentWidget(self._message)

        def done(read: ReadResult) -> None:
            self._reading = False
            if self._stale:
                self._start()
            if self._is_wanted(request):
                self._take(request, read)

        self.context.watcher.read(request.paths, request.reading, done)

    def _is_wanted(self, request: Request) -> bool:
        """Whether the controls still ask for what was read."""
        wanted = self.request()
        return isinstance(wanted, Request) and wanted.subject == request.subject

    def _take(self, request: Request, read: ReadResult) -> None:
        """Draws what was read, and lists what could not be read."""
        if read.problems:
            self.unreadable.emit(read.problems)
        if not read.found:
            self._show_message(none_readable(read.reasons))
            return
        if self.leave_out(read.reasons):
            self.reread()
            return
        self.read_paths, self.data = tuple(read.found), tuple(read.found.values())
        self._subject, self.read_between = request.subject, request.between
        broken = {
            run.path: run.reason or ""
            for run in self.selection.runs
            if run.state is State.BROKEN
        }
        self._show_problems({**broken, **self.left_out(), **read.reasons})
        self.redraw()

    def _show_problems(self, problems: Mapping[str, str]) -> None:
        text, _, reasons = problem_text(problems).partition("\n")
        self.problems.setText(text)
        self.problems.setToolTip(plain(excerpt(reasons)))
        self.problems.setVisible(bool(problems))

    # Drawing

    def update_plot(self, data: Any) -> None:
        self.plot.update(data, **self.plot_options(data))

    def plot_options(self, data: Any) -> dict[str, Any]:
        """Returns the options that the plot takes, by name."""
        taken = arguments_of(self.drawing.plot.update)
        given = self.values()
        if "visible" in taken:
            given["visible"] = visible(data, self.selection.hidden)
        if given.get("panels") is Facet.AUTO:
            given["panels"] = Facet.RUNS if len(data) > 1 else Facet.TOGETHER
        return {name: one for name, one in given.items() if name in taken}

    def describe(self, data: Any) -> str:
        return describe_table(self.figure.title, self.plot.table(), self.selection.step)

    def locate(self, x: float, y: float) -> str:
        quantity = None if "band" in self.drawing.fixed else self.quantity
        symbol = f"{quantity.symbol} = " if quantity else ""
        if self.plot.cursors:
            return f"step {x:,.0f},  {symbol}{number(y)}"
        return f"{symbol}{number(x)}" if symbol else f"{number(x)},  {number(y)}"


@cache
def arguments_of(function: Callable[..., Any]) -> frozenset[str]:
    """Names of the arguments of a function."""
    return frozenset(inspect.signature(function).parameters)
