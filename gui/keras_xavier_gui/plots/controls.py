"""Labelled controls for the tabs."""

from collections.abc import Iterable, Sequence

from keras_xavier.statistics import Quantity
from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.widgets.flow_layout import FlowLayout

QUANTITIES = {
    Quantity.ACTIVATION: "activation z",
    Quantity.PREACTIVATION_GRADIENT: "gradient ∂C/∂s",
    Quantity.PREACTIVATION: "preactivation s",
    Quantity.WEIGHT: "weight W",
    Quantity.WEIGHT_GRADIENT: "gradient ∂C/∂W",
    Quantity.WEIGHT_UPDATE: "update ΔW",
}
"""Short, as there is little room."""
THEORY = "Theory", "Dots: the spread that theory expects before training"
SHORTEST = 60
"""Pixels of a choice that are seen in any case."""


def add_choice(
    layout: FlowLayout, text: str, names: list[str], tip: str
) -> QtWidgets.QComboBox:
    """Adds a labelled combo box; the label holds its mnemonic."""
    label = QtWidgets.QLabel(text)
    box = QtWidgets.QComboBox()
    box.addItems(names)
    box.setToolTip(tip)
    box.setAccessibleName(text.replace("&", "").rstrip(":"))
    # In a window that is narrower than the box, it gives way.
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumWidth(SHORTEST)
    label.setBuddy(box)
    layout.add_pair(label, box)
    return box


def select(box: QtWidgets.QComboBox, options: Iterable[object], one: object) -> None:
    """Selects an option of a box that lists these; `None` leaves it as it is."""
    if one is not None:
        box.setCurrentIndex(list(options).index(one))


def grey_out(box: QtWidgets.QComboBox, reasons: Sequence[str | None]) -> None:
    """Disables options of a box, for a reason each; `None` enables one."""
    for row, reason in enumerate(reasons):
        item = box.model().item(row)
        if (item.toolTip() or None) != reason:
            item.setEnabled(reason is None)
            item.setToolTip(reason or "")


def add_number(
    layout: FlowLayout, text: str, most: int, tip: str
) -> QtWidgets.QSpinBox:
    """Adds a labelled box for a number of steps; 0 means off."""
    label = QtWidgets.QLabel(text)
    box = QtWidgets.QSpinBox()
    box.setRange(0, most)
    box.setStepType(QtWidgets.QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    box.setSpecialValueText("off")
    box.setSuffix(" steps")
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    box.setToolTip(tip)
    box.setAccessibleName(text.replace("&", "").rstrip(":"))
    label.setBuddy(box)
    layout.add_pair(label, box)
    return box


def add_switch(layout: FlowLayout, text: str, tip: str) -> QtWidgets.QCheckBox:
    switch = QtWidgets.QCheckBox(text)
    switch.setToolTip(tip)
    layout.addWidget(switch)
    return switch
