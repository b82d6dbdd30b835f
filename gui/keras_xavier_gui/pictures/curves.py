"""Training curves: loss, error and other metrics of the chosen runs."""

from keras_xavier.figures import CurvesData, TrainingCurves, curves_data
from keras_xavier.runs import Run, State
from keras_xavier_gui.pictures.view import (
    PictureView,
    Request,
    add_switch,
    number,
    why_nothing,
)
from keras_xavier_gui.qt import QtWidgets


class CurvesView(PictureView):
    """One panel for each metric, one colour for each run."""

    title = "&Training curves"
    picture_class = TrainingCurves

    def add_controls(self) -> None:
        self.log_steps = add_switch(
            self.controls, "Log st&eps", "Spread the early steps"
        )
        self.full_range = add_switch(
            self.controls,
            "F&ull range",
            "Show the farthest outliers too, however flat the rest becomes",
        )
        hint = QtWidgets.QLabel("Ctrl+click in the list adds runs")
        self.controls.addWidget(hint)
        self.log_steps.toggled.connect(self.redraw)
        self.full_range.toggled.connect(self.redraw)

    def request(self) -> Request | str:
        runs = [run for run in self.choice.runs if run.state is not State.BROKEN]
        if not runs:
            return why_nothing(self.choice) or "Choose runs in the list at the left."
        runs = sorted(runs, key=lambda run: run.path)
        paths = tuple(run.path for run in runs)
        indices = [self.choice.color_index(path) for path in paths]

        def read(*opened: Run) -> tuple[CurvesData, ...]:
            return tuple(
                curves_data(run, index=index)
                for run, index in zip(opened, indices, strict=True)
            )

        return Request(subject=paths, paths=paths, reading=read)

    def update_picture(self, data: tuple[CurvesData, ...]) -> None:
        self.picture.update(
            data,
            log_steps=self.log_steps.isChecked(),
            full_range=self.full_range.isChecked(),
        )

    def describe(self, data: tuple[CurvesData, ...]) -> str:
        runs = []
        for one in data:
            latest = [
                f"{metric.replace('_', ' ')} {number(values[-1])} at step {steps[-1]:,}"
                for metric, (steps, values) in one.metrics.items()
                if len(values)
            ]
            runs.append(f"{one.run}: {', '.join(latest) or 'no metrics yet'}")
        return f"Training curves. {'; '.join(runs)}."

    def locate(self, x: float, y: float) -> str:
        return f"step {x:,.0f},  {number(y)}"
