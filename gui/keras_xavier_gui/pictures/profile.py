"""Profile: how spread falls or grows with depth, at the chosen step."""

from keras_xavier.figures import Profile, ProfileData, ValueScale, profile_data
from keras_xavier.figures.reading import FORWARD_AND_BACKWARD
from keras_xavier.figures.vocabulary import NAMES
from keras_xavier.look import Look
from keras_xavier.statistics import Quantity
from keras_xavier_gui.pictures.controls import THEORY, add_choice, add_switch
from keras_xavier_gui.pictures.requests import (
    Request,
    nearest,
    readable,
    reading_each,
    visible,
    why_nothing,
)
from keras_xavier_gui.pictures.view import PictureView, number
from keras_xavier_gui.qt import QtWidgets

SCALES = {
    ValueScale.LOG: "log",
    ValueScale.LINEAR: "linear",
    ValueScale.SYMLOG: "symlog",
}
PAIRS = {
    "activations and their gradients": FORWARD_AND_BACKWARD,
    "weights and their gradients": (Quantity.WEIGHT, Quantity.WEIGHT_GRADIENT),
}


class ProfileView(PictureView):
    """One line for each run, of two quantities side by side."""

    title = "&Profile"
    names = ("profile",)
    help = (
        "Standard deviation against depth at one step: activations at the left, "
        "back-propagated gradients at the right, a line for each run. With the "
        "standard initialization, activations fade towards the last layer and "
        "gradients towards the first one; with the normalized one both lines are "
        "level at step 0 (equations 5, 6 and 16, section 4.2 of Glorot & Bengio 2010)."
    )
    picture_class = Profile

    def add_controls(self) -> None:
        self.pair = add_choice(
            self.controls, "&Quantities:", list(PAIRS), "What is shown side by side"
        )
        self.scale = add_choice(
            self.controls, "A&xis:", list(SCALES.values()), "How values lie along it"
        )
        self.pair.currentIndexChanged.connect(self.reread)
        self.scale.currentIndexChanged.connect(self.redraw)
        self.choice.layers_changed.connect(self.redraw)
        self.theory = add_switch(self.controls, *THEORY)
        self.theory.toggled.connect(self.reread)
        self.controls.addWidget(QtWidgets.QLabel("Ctrl+click in the list adds runs"))
        self.choice.step_changed.connect(self.reread)

    def show_look(self, look: Look) -> None:
        if look.theory is not None:
            self.theory.setChecked(look.theory)

    def request(self) -> Request | str:
        if reason := why_nothing(self.choice):
            return reason
        runs = readable(self.choice)
        paths = tuple(run.path for run in runs)
        step, quantities = self.choice.step, PAIRS[self.pair.currentText()]
        theory = self.theory.isChecked()
        read = reading_each(
            self.choice,
            runs,
            lambda run, index: profile_data(
                run,
                nearest(run.steps, step),
                quantities=quantities,
                index=index,
                theory=theory,
            ),
        )
        return Request(subject=(*paths, quantities), paths=paths, reading=read)

    def update_picture(self, data: tuple[ProfileData, ...]) -> None:
        self.picture.update(
            data,
            visible=visible(data, self.choice.hidden),
            scale=list(SCALES)[self.scale.currentIndex()],
        )

    def describe(self, data: tuple[ProfileData, ...]) -> str:
        runs = []
        for one in data:
            layers = [
                f"{name}: "
                + ", ".join(
                    f"{NAMES[quantity].lower()} {number(std[i])}"
                    for quantity, std in one.std.items()
                    if one.measured[quantity][i]
                )
                for i, name in enumerate(one.layers)
                if name not in self.choice.hidden
            ]
            runs.append(f"{one.run} at step {one.step:,}: {'; '.join(layers)}")
        return f"Standard deviations in the layers. {'. '.join(runs)}."

    def locate(self, x: float, y: float) -> str:
        layers = self.data[0].layers
        depth = round(x)
        name = f"{layers[depth - 1]},  " if 0 < depth <= len(layers) else ""
        return f"{name}{number(y)}"
