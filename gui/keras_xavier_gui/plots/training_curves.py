"""Training curves: loss, error and other metrics of the chosen runs."""

from keras_xavier.figure_spec import AxisScale
from keras_xavier.figures import (
    TrainingCurves,
    TrainingCurvesData,
    training_curves_data,
)
from keras_xavier.figures.explanations import explain
from keras_xavier.runs import State
from keras_xavier_gui.plots.controls import add_choice, add_number, add_switch
from keras_xavier_gui.plots.layer_curves import MOST_SMOOTHING
from keras_xavier_gui.plots.plot_tab import PlotTab, number
from keras_xavier_gui.plots.read_request import (
    Request,
    nearest,
    reading_each,
    why_nothing,
)
from keras_xavier_gui.qt import QtWidgets

SCALES = {
    AxisScale.LINEAR: "linear",
    AxisScale.LOG: "log",
    AxisScale.SYMLOG: "symlog",
}


class TrainingCurvesTab(PlotTab):
    """One panel for each metric, one colour for each run."""

    title = "&Training curves"
    names = ("training-curves",)
    help = explain(*names)
    plot_class = TrainingCurves

    def add_controls(self) -> None:
        self.scale = add_choice(
            self.controls, "A&xis:", list(SCALES.values()), "How values lie along it"
        )
        self.smoothing = add_number(
            self.controls,
            "S&moothed over:",
            MOST_SMOOTHING,
            "Steps over which lines are averaged; the lines as they are stay visible",
        )
        self.log_steps = add_switch(
            self.more_controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.more_controls,
            "F&ull range",
            "Show the farthest outliers too, however flat the rest becomes",
        )
        hint = QtWidgets.QLabel("Ctrl+click in the list adds runs")
        self.more_controls.addWidget(hint)
        self.scale.currentIndexChanged.connect(self.redraw)
        self.smoothing.valueChanged.connect(self.redraw)
        self.log_steps.toggled.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)

    def request(self) -> Request | str:
        runs = [run for run in self.selection.runs if run.state is not State.BROKEN]
        if not runs:
            return why_nothing(self.selection) or "Choose runs in the list at the left."
        runs = sorted(runs, key=lambda run: run.path)
        paths = tuple(run.path for run in runs)
        read = reading_each(
            self.selection,
            runs,
            lambda run, index: training_curves_data(run, index=index),
        )
        return Request(subject=paths, paths=paths, reading=read)

    def update_plot(self, data: tuple[TrainingCurvesData, ...]) -> None:
        self.plot.update(
            data,
            scale=list(SCALES)[self.scale.currentIndex()],
            smoothing=self.smoothing.value(),
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[TrainingCurvesData, ...]) -> str:
        runs = []
        for one in data:
            found = []
            for metric, (steps, values) in one.metrics.items():
                if len(values):
                    i = nearest(steps, self.selection.step)
                    name = metric.replace("_", " ")
                    found.append(f"{name} {number(values[i])} at step {steps[i]:,}")
            runs.append(f"{one.run}: {', '.join(found) or 'no metrics yet'}")
        return f"Training curves. {'; '.join(runs)}."

    def locate(self, x: float, y: float) -> str:
        return f"step {x:,.0f},  {number(y)}"
