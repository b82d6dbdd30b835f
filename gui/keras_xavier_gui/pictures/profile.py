"""Profile: how spread falls or grows with depth, at the chosen step."""

import numpy as np

from keras_xavier.figures import Profile, ProfileData, profile_data
from keras_xavier.figures.reading import FORWARD_AND_BACKWARD
from keras_xavier.figures.vocabulary import NAMES
from keras_xavier.runs import Run, State
from keras_xavier.statistics import Quantity
from keras_xavier_gui.pictures.view import (
    PictureView,
    Request,
    add_choice,
    number,
    why_nothing,
)
from keras_xavier_gui.qt import QtWidgets

PAIRS = {
    "activations and their gradients": FORWARD_AND_BACKWARD,
    "weights and their gradients": (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}


class ProfileView(PictureView):
    """One line for each run, of two quantities side by side."""

    title = "&Profile"
    picture_class = Profile

    def add_controls(self) -> None:
        self.pair = add_choice(
            self.controls, "&Quantities:", list(PAIRS), "What is shown side by side"
        )
        self.pair.currentIndexChanged.connect(self.reread)
        self.controls.addWidget(QtWidgets.QLabel("Ctrl+click in the list adds runs"))
        self.choice.step_changed.connect(self.reread)

    def request(self) -> Request | str:
        if reason := why_nothing(self.choice):
            return reason
        runs = [
            run
            for run in self.choice.runs
            if run.state is not State.BROKEN and len(run.steps)
        ]
        runs = sorted(runs, key=lambda run: run.path)
        paths = tuple(run.path for run in runs)
        indices = [self.choice.color_index(path) for path in paths]
        step, quantities = self.choice.step, PAIRS[self.pair.currentText()]

        def read(*opened: Run) -> tuple[ProfileData, ...]:
            return tuple(
                profile_data(
                    run, nearest(run, step), quantities=quantities, index=index
                )
                for run, index in zip(opened, indices, strict=True)
            )

        return Request(subject=(*paths, quantities), paths=paths, reading=read)

    def update_picture(self, data: tuple[ProfileData, ...]) -> None:
        self.picture.update(data)

    def describe(self, data: tuple[ProfileData, ...]) -> str:
        runs = []
        for one in data:
            parts = []
            for quantity, std in one.std.items():
                values = ", ".join(number(value) for value in std)
                parts.append(f"{NAMES[quantity].lower()} {values}")
            runs.append(f"{one.run} at step {one.step:,}: {'; '.join(parts)}")
        return (
            f"Standard deviations from the first layer to the last. {'. '.join(runs)}."
        )

    def locate(self, x: float, y: float) -> str:
        layers = self.data[0].layers
        depth = round(x)
        name = f"{layers[depth - 1]},  " if 0 < depth <= len(layers) else ""
        return f"{name}{number(y)}"


def nearest(run: Run, step: int | None) -> int:
    """The record nearest to a step; the last one if there is none given."""
    if step is None:
        return len(run.steps) - 1
    return int(np.argmin(np.abs(np.asarray(run.steps) - step)))
