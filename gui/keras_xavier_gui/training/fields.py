"""Controls for the hyperparameters of an experiment, made from its fields."""

from dataclasses import fields
from typing import Any, TypeAlias

from keras_xavier.experiments.experiment import (
    ACTIVATIONS,
    DATASETS,
    INITIALIZERS,
    Experiment,
)
from keras_xavier.initializer_table import INITIALIZER_TABLE
from keras_xavier_gui.qt import Qt, QtCore, QtWidgets, Signal

MAX_INT = 2**31 - 1
"""Largest value of a spin box."""
TEXTS = {
    "dataset": (
        "&Dataset:",
        "Dataset to learn; mnist and cifar10 require the data folder",
    ),
    "activation": ("&Activation:", "Activation function of the hidden layers"),
    "initializer": ("&Initializer:", "Distribution of the initial weights"),
    "layers": ("&Hidden layers:", "Number of hidden layers"),
    "units": ("&Units:", "Units in each hidden layer"),
    "learning_rate": ("&Learning rate:", "Step size of stochastic gradient descent"),
    "batch_size": ("&Batch size:", "Examples in each update"),
    "updates": ("Upda&tes:", "Number of updates"),
    "pretraining_updates": (
        "Pre-trainin&g:",
        "Updates of a denoising autoencoder for each hidden layer before training; "
        "0 for none",
    ),
    "seed": ("S&eed:", "Runs with the same seed and hyperparameters are identical"),
}
CHOICES = {
    "dataset": DATASETS,
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
}
ITEM_TIPS = {one.name: one.title for one in INITIALIZER_TABLE}
"""Usual names of initializers."""
MAY_BE_0 = ("pretraining_updates", "seed")
ROWS = 5
"""Rows of the first column."""
COLUMN_SPACING = 16
Control: TypeAlias = QtWidgets.QComboBox | QtWidgets.QSpinBox | QtWidgets.QLineEdit


class ExperimentFields(QtWidgets.QWidget):
    """A control for every field of `Experiment`, in two columns."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.controls: dict[str, Control] = {}
        grid = QtWidgets.QHBoxLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        columns = [QtWidgets.QFormLayout() for _ in range(2)]
        for column in columns:
            column.setFieldGrowthPolicy(
                QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
            )
            grid.addLayout(column, 1)
        grid.insertSpacing(1, COLUMN_SPACING)
        for number, field in enumerate(fields(Experiment)):
            text, tip = TEXTS[field.name]
            control = self._make(field.name, field.default)
            control.setToolTip(tip)
            control.setAccessibleName(text.replace("&", "").rstrip(":"))
            self.controls[field.name] = control
            columns[number // ROWS].addRow(text, control)

    def experiment(self) -> Experiment:
        """Returns the experiment that the controls describe.

        Raises:
            ValueError: If a value is invalid.
        """
        return Experiment(**{name: self._value(name) for name in self.controls})

    def set_experiment(self, experiment: Experiment) -> None:
        """Sets all controls; `changed` is emitted once."""
        blocked = QtCore.QSignalBlocker(self)
        for name, control in self.controls.items():
            value = getattr(experiment, name)
            match control:
                case QtWidgets.QComboBox():
                    control.setCurrentText(value)
                case QtWidgets.QSpinBox():
                    control.setValue(value)
                case QtWidgets.QLineEdit():
                    control.setText(str(value))
        blocked.unblock()
        self.changed.emit()

    def _make(self, name: str, default: Any) -> Control:
        if name in CHOICES:
            box = QtWidgets.QComboBox()
            box.addItems(CHOICES[name])
            for i, text in enumerate(CHOICES[name]):
                tip = ITEM_TIPS.get(text)
                box.setItemData(i, tip, Qt.ItemDataRole.ToolTipRole)
            box.setCurrentText(default)
            box.currentTextChanged.connect(lambda _: self.changed.emit())
            return box
        if isinstance(default, int):
            spin = QtWidgets.QSpinBox()
            spin.setRange(0 if name in MAY_BE_0 else 1, MAX_INT)
            spin.setGroupSeparatorShown(True)
            spin.setValue(default)
            spin.valueChanged.connect(lambda _: self.changed.emit())
            policy = QtWidgets.QSizePolicy.Policy
            spin.setSizePolicy(policy.Expanding, policy.Fixed)
            return spin
        # A double spin box would round 1e-5 to 0.
        line = QtWidgets.QLineEdit(str(default))
        line.textChanged.connect(lambda _: self.changed.emit())
        return line

    def _value(self, name: str) -> Any:
        control = self.controls[name]
        if isinstance(control, QtWidgets.QComboBox):
            return control.currentText()
        if isinstance(control, QtWidgets.QSpinBox):
            return control.value()
        text = control.text().strip()
        try:
            return float(text)
        except ValueError:
            raise ValueError(
                f"`{name}` must be a positive number, such as 0.01. Received: {text!r}"
            ) from None
