"""Profile: how spread falls or grows with depth, at the chosen step."""

from keras_xavier.figure_spec import AxisScale, FigureSpec
from keras_xavier.figures import DepthProfile, DepthProfileData, depth_profile_data
from keras_xavier.figures.explanations import explain
from keras_xavier.figures.loaders import FORWARD_AND_BACKWARD
from keras_xavier.statistics import Quantity
from keras_xavier_gui.plots.controls import THEORY, add_choice, add_switch
from keras_xavier_gui.plots.plot_tab import PlotTab, number
from keras_xavier_gui.plots.read_request import (
    Request,
    nearest,
    readable,
    reading_each,
    visible,
    why_nothing,
)
from keras_xavier_gui.qt import QtWidgets

SCALES = {
    AxisScale.LOG: "log",
    AxisScale.LINEAR: "linear",
    AxisScale.SYMLOG: "symlog",
}
PAIRS = {
    "activations and their gradients": FORWARD_AND_BACKWARD,
    "weights and their gradients": (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}


class DepthProfileTab(PlotTab):
    """One line for each run, of two quantities side by side."""

    title = "&Profile"
    names = ("depth-profile",)
    help = explain(*names)
    plot_class = DepthProfile

    def add_controls(self) -> None:
        self.pair = add_choice(
            self.controls, "&Quantities:", list(PAIRS), "What is shown side by side"
        )
        self.scale = add_choice(
            self.controls, "A&xis:", list(SCALES.values()), "How values lie along it"
        )
        self.pair.currentIndexChanged.connect(self.reread)
        self.scale.currentIndexChanged.connect(self.redraw)
        self.selection.layers_changed.connect(self.redraw)
        self.theory = add_switch(self.controls, *THEORY)
        self.theory.toggled.connect(self.reread)
        self.controls.addWidget(QtWidgets.QLabel("Ctrl+click in the list adds runs"))
        self.selection.step_changed.connect(self.reread)

    def show_spec(self, spec: FigureSpec) -> None:
        if spec.theory is not None:
            self.theory.setChecked(spec.theory)

    def request(self) -> Request | str:
        if reason := why_nothing(self.selection):
            return reason
        runs = readable(self.selection)
        paths = tuple(run.path for run in runs)
        step, quantities = self.selection.step, PAIRS[self.pair.currentText()]
        theory = self.theory.isChecked()
        read = reading_each(
            self.selection,
            runs,
            lambda run, index: depth_profile_data(
                run,
                nearest(run.steps, step),
                quantities=quantities,
                index=index,
                theory=theory,
            ),
        )
        return Request(subject=(*paths, quantities), paths=paths, reading=read)

    def update_plot(self, data: tuple[DepthProfileData, ...]) -> None:
        self.plot.update(
            data,
            visible=visible(data, self.selection.hidden),
            scale=list(SCALES)[self.scale.currentIndex()],
        )

    def describe(self, data: tuple[DepthProfileData, ...]) -> str:
        runs = []
        for one in data:
            layers = [
                f"{name}: "
                + ", ".join(
                    f"{quantity.label.lower()} {number(std[i])}"
                    for quantity, std in one.std.items()
                    if one.measured[quantity][i]
                )
                for i, name in enumerate(one.layers)
                if name not in self.selection.hidden
            ]
            runs.append(f"{one.run} at step {one.step:,}: {'; '.join(layers)}")
        return f"Standard deviations in the layers. {'. '.join(runs)}."

    def locate(self, x: float, y: float) -> str:
        layers = self.data[0].layers
        depth = round(x)
        name = f"{layers[depth - 1]},  " if 0 < depth <= len(layers) else ""
        return f"{name}{number(y)}"
