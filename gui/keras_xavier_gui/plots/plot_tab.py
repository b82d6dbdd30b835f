"""A tab made from the definitions of its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, cast

from keras_xavier.figure_spec import FIGURES, FigureDefinition, FigureSpec, Option
from keras_xavier.figures import Plot
from keras_xavier.figures.plot import Options
from keras_xavier.figures.registry import PLOTS
from keras_xavier.figures.rows import why_absent
from keras_xavier.runs import Run, State
from keras_xavier.statistics import Quantity, Role, Statistic
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.plots.control_widgets import gray_out
from keras_xavier_gui.plots.controls import Controls
from keras_xavier_gui.plots.description import describe_table
from keras_xavier_gui.plots.file_names import file_name
from keras_xavier_gui.plots.plot_page import PlotPage
from keras_xavier_gui.plots.read_request import (
    NO_RUN,
    Request,
    has_statistic,
    nearest_step,
    none_readable,
    readable,
    visible,
    why_absent_in_all,
    why_no_statistic,
    why_no_theory,
    why_nothing,
)
from keras_xavier_gui.qt import QtGui, QtWidgets, Signal
from keras_xavier_gui.sources.run_cache import ReadResult, Snapshot
from keras_xavier_gui.widgets.message_page import READING


class PlotTab(PlotPage):
    """Controls, and a plot that is read and drawn while the tab is visible.

    The controls are made from the options of the figures. One request is under way at
    a time; whatever changes meanwhile leads to one more request after it. So neither a
    slow disk nor a fast slider makes requests pile up.

    Args:
        title: Title of the tab, with its mnemonic.
        figures: The figures that the tab shows, one at a time.
        context: State and services of the app.
    """

    extra_options: ClassVar[Sequence[Option]] = ()
    """Options of the tab that the figures lack."""

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
        self._extra: frozenset[str] = frozenset()
        self.read_paths: tuple[str, ...] = ()
        self.read_between: tuple[float, float] | None = None
        self.options = Controls(
            *(self.figures, self.first_row, self.second_row), extra=self.extra_options
        )
        self.options.setParent(self)
        self.kind = self.options.kind
        self.enable_options()
        self.start()
        self.kind.currentIndexChanged.connect(self.change_figure)
        self.options.changed.connect(self.change_option)
        self.selection.runs_changed.connect(self.reread)
        self.selection.step_changed.connect(self.change_step)
        self.selection.layers_changed.connect(self.change_layers)
        context.evidence.changed.connect(self.redraw)
        self.page_bar.turned.connect(self.change_page)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures that the tab shows."""
        return tuple(one.name for one in self.figures)

    @property
    def help(self) -> str:
        """Explanations of the figures."""
        if len(self.figures) == 1:
            return self.figure.explanation
        pages = [f"{one.title}: {one.explanation}" for one in self.figures]
        return "\n\n".join(pages)

    def file_name(self) -> str:
        """Name of a file for the figure, without suffix."""
        return file_name(self)

    # The figure

    @property
    def figure(self) -> FigureDefinition:
        """The selected figure."""
        return self.figures[self.kind.currentIndex()]

    def select_figure(self, figure: FigureDefinition) -> None:
        """Selects one of the figures of this tab."""
        self.kind.setCurrentIndex(self.figures.index(figure))

    def show_spec(self, spec: FigureSpec) -> None:
        """Selects a figure and sets its options; options without a value stay."""
        if spec.figure is not None:
            self.select_figure(FIGURES[spec.figure])
        for option in self.figure.options:
            value = getattr(spec, option.name, None)
            if value is not None and option.name in self.options:
                self.options.set_value(option.name, value)

    def show_layer(self, figure: str, layer: str) -> None:
        """Shows a figure of one layer."""
        self.select_figure(FIGURES[figure])
        if "layer" in self.options:
            self.list_layers()
            self.options.set_value("layer", layer)

    def plot_class(self) -> type[Plot]:
        return PLOTS[self.figure.name]

    def values(self) -> dict[str, Any]:
        """The options of the selected figure, by name."""
        values = self.figure.parse_options(self.options.values(self.figure))
        return {**self.plot_class().fixed, **values}

    @property
    def quantity(self) -> Quantity | None:
        """The quantity that the figure shows, or None if it shows no single one."""
        return self.values().get("quantity")

    @property
    def statistic(self) -> Statistic | None:
        """The statistic that the figure reads, or None if it reads no single one."""
        option = self.figure.option("statistic")
        return self.values()["statistic"] if option and option.is_read else None

    def _have(self, statistic: Statistic) -> list[bool]:
        """Whether each selected run has a statistic."""
        return [has_statistic(run, statistic) for run in self.selection.runs]

    def enable_options(self) -> None:
        """Enables the controls that have an effect."""
        self.options.enable(self.enabled_options(), self.figure.title)

    def enabled_options(self) -> set[str]:
        """Names of the options whose controls have an effect."""
        return {one.name for one in self.figure.options}

    @property
    def shows_layers(self) -> bool:
        """Whether the figure shows recorded layers."""
        return any(self.figure.option(name) for name in ("layers", "layer"))

    # Changes

    def change_option(self, name: str) -> None:
        """Called when a control has changed."""
        option = self.figure.option(name)
        is_other = self._data_class is not self.plot_class()
        if is_other or (option and option.is_read):
            self.reread()
        else:
            self.redraw()

    def change_figure(self) -> None:
        """Called when another figure was selected."""
        self.enable_options()
        self.reread()

    def change_step(self) -> None:
        """Called when another step was selected."""
        if self.figure.option("step"):
            self.reread()

    def change_layers(self) -> None:
        """Called when layers were shown or hidden."""
        if not self.figure.option("layers"):
            return
        if self.selection.extra == self._extra:
            self.redraw()
        else:
            # Rows that are not layers are only read if they are drawn.
            self.reread()

    def change_page(self) -> None:
        """Called when another page of panels was selected."""
        self.redraw()

    # Reading

    def request(self) -> Request | str:
        """Returns what to read, or why there is nothing to draw."""
        self.list_layers()
        self.gray_out_quantities()
        self.gray_out_statistics()
        runs = self.readable_runs()
        if not runs:
            return self.why_nothing()
        return self.request_of(runs)

    def list_layers(self) -> None:
        """Lists the layers of all selected runs in the control of a layer."""
        if layers := self.selection.layers:
            by_role = sorted(layers, key=lambda one: one.role is not Role.LAYER)
            self.options.list_layers([one.name for one in by_role])

    def readable_runs(self) -> list[Snapshot]:
        """The selected runs that the figure can show."""
        if self.shows_layers:
            return readable(self.selection.runs, self.quantity, self.statistic)
        return [run for run in self.selection.runs if run.state is not State.BROKEN]

    def why_nothing(self) -> str:
        """Returns why no selected run can be shown."""
        if reason := why_nothing(self.selection):
            return reason
        run, quantity = self.selection.run, self.quantity
        if self.statistic and not any(self._have(self.statistic)):
            return why_no_statistic(self.statistic)
        if run is None or quantity is None:
            return NO_RUN
        return why_absent(run.layers, quantity) or "No records yet"

    def request_of(self, runs: Sequence[Snapshot]) -> Request | str:
        """Returns what to read of some runs, or why there is nothing to draw."""
        values, plot_class, read_run = self.values(), self.plot_class(), self.read_run
        paths = tuple(run.path for run in runs)
        # A switch adds to the data and does not reset the view.
        chosen = [
            values[one.name]
            for one in self.figure.options
            if one.is_read and one.in_app and one.type is not bool
        ]
        subject = (paths, plot_class, *chosen)
        step, names = self.selection.step, self.selection.drawn_names
        self._extra = self.selection.extra
        has_layers = self.figure.option("layers") is not None
        colors = {run.path: run.color for run in runs}
        outputs = {run.path: run.outputs for run in runs}
        before = self.read_before(subject)

        def read(run: Run) -> Any:
            own: dict[str, Any] = {}
            if "step" in values:
                own["step"] = nearest_step(run.steps, step)
            if has_layers:
                own["layers"] = names(run.layers, outputs[run.path])
            options = Options(**{**values, **own})
            previous = before.get(run.path)
            return read_run(plot_class, run, colors[run.path], options, previous)

        return Request(subject, paths, read)

    @staticmethod
    def read_run(
        plot_class: type[Plot], run: Run, index: int, options: Options, previous: Any
    ) -> Any:
        """Reads the data of one run; called in the reading thread.

        Args:
            plot_class: Class of the plot.
            run: An opened run.
            index: Chooses its color.
            options: Options of the figure.
            previous: Data read before from the same run, or None.
        """
        (data,) = plot_class.read([(index, run)], options)
        return data

    def read_before(self, subject: tuple[Any, ...]) -> dict[str, Any]:
        """The data that were read of the same subject, by path."""
        if self._subject != subject or self.data is None:
            return {}
        return dict(zip(self.read_paths, self.data, strict=True))

    def gray_out_quantities(self) -> None:
        """Disables the quantities that no selected run has, and their figures."""
        reasons = dict(
            zip(Quantity, why_absent_in_all(self.selection, Quantity), strict=True)
        )
        if "quantity" in self.options:
            box = cast(QtWidgets.QComboBox, self.options["quantity"])
            gray_out(box, list(reasons.values()))
        fixed: list[Any] = [PLOTS[name].fixed.get("quantity") for name in self.names]
        gray_out(self.kind, [reasons.get(one) for one in fixed])

    def gray_out_statistics(self) -> None:
        """Disables the statistics that no selected run has."""
        option = self.figure.option("statistic")
        if option and option.is_read and self.selection.runs:
            reasons = [
                None if any(self._have(one)) else why_no_statistic(one)
                for one in option.choices
            ]
            gray_out(cast(QtWidgets.QComboBox, self.options["statistic"]), reasons)

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

    @property
    def is_reading(self) -> bool:
        """Whether the plot does not show yet what is selected."""
        return self._reading or (self._stale and self.isVisible())

    def _is_wanted(self, request: Request) -> bool:
        """Whether the controls still ask for these data."""
        wanted = self.request()
        return isinstance(wanted, Request) and wanted.subject == request.subject

    def _take(self, request: Request, read: ReadResult) -> None:
        """Draws the data, and lists the runs that could not be read."""
        if read.problems:
            self.unreadable.emit(read.problems)
        if not read.found:
            self._show_message(none_readable(read.reasons))
            return
        if self.leave_out(read.reasons):
            self.reread()
            return
        self.read_paths = tuple(read.found)
        names = {run.path: run.name for run in self.selection.runs}
        self._subject, self.read_between = request.subject, request.between
        broken = {
            run.path: run.reason or ""
            for run in self.selection.runs
            if run.state is State.BROKEN
        }
        self._show_problems({**broken, **self.left_out(), **read.reasons})
        found = read.found.items()
        data = [replace(one, run=names.get(path, one.run)) for path, one in found]
        self.show_data(tuple(data))

    # Drawing

    def update_plot(self, data: Any) -> None:
        self.enable_options()
        self.options.disable_theory(why_no_theory(data))
        evidence = self.context.evidence
        self.plot.marks.evidence = evidence.marks(self.figure.name, self.values())
        self.plot.update(data, **self.plot_options(data))

    def plot_options(self, data: Any) -> dict[str, Any]:
        """Returns the arguments of `Plot.update`, by name."""
        values = self.values()
        options = {one.name: values[one.name] for one in self.figure.drawing_options}
        if self.figure.option("layers"):
            options["visible"] = visible(data, self.selection.hidden)
        return {**options, "page": self.page_bar.value()}

    def describe(self, data: Any) -> str:
        return describe_table(self.figure.title, self.plot.table(), self.selection.step)
