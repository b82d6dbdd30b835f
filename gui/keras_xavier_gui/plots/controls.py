"""Controls of a tab, made from the options of its figures."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

from keras_xavier.figure_spec import FigureDefinition, Option
from keras_xavier_gui.qt import QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.flow_layout import FlowLayout

Control: TypeAlias = (
    QtWidgets.QCheckBox
    | QtWidgets.QComboBox
    | QtWidgets.QDoubleSpinBox
    | QtWidgets.QSpinBox
)
SHORTEST = 60
"""Pixels of a combo box that are always visible."""
LARGEST = 10_000_000
"""Largest number that a spin box accepts."""
FEW_CONTROLS = 4
"""Controls that fit in one row with the navigation buttons."""
AUTOMATIC = "automatic"
"""Label of the choice that leaves the value to the figure."""


class Controls(QtCore.QObject):
    """One control for each option: check box, combo box or spin box.

    Args:
        options: The options, in the order of the controls.
        first: Row for the options that are a subject (`Option.is_subject`).
        second: Row for the others, if there are many.
    """

    changed = Signal(str)
    """Name of the option that was changed."""

    def __init__(
        self, options: Sequence[Option], first: FlowLayout, second: FlowLayout
    ) -> None:
        super().__init__()
        self._options = {one.name: one for one in options}
        self._controls: dict[str, Control] = {}
        for option in options:
            is_first = option.is_subject or len(options) <= FEW_CONTROLS
            self._add(option, first if is_first else second)

    def __getitem__(self, name: str) -> Control:
        return self._controls[name]

    def __contains__(self, name: str) -> bool:
        return name in self._controls

    def value(self, name: str) -> Any:
        """The value of an option, as the control shows it."""
        option, control = self._options[name], self._controls[name]
        match control:
            case QtWidgets.QCheckBox():
                return control.isChecked()
            case QtWidgets.QComboBox() if option.choices:
                return list(option.choices)[control.currentIndex()]
            case QtWidgets.QComboBox():
                return control.currentText() if control.currentIndex() > 0 else None
            case _:
                return control.value()

    def set_value(self, name: str, value: Any) -> None:
        """Sets the control of an option."""
        option, control = self._options[name], self._controls[name]
        match control:
            case QtWidgets.QCheckBox():
                control.setChecked(bool(value))
            case QtWidgets.QComboBox() if option.choices:
                control.setCurrentIndex(list(option.choices).index(value))
            case QtWidgets.QComboBox():
                control.setCurrentText(str(value or AUTOMATIC))
            case _:
                control.setValue(value or 0)

    def values(self, figure: FigureDefinition) -> dict[str, Any]:
        """The values of the options of a figure, by name.

        A choice that this figure does not have stands for its default.
        """
        found = {}
        for option in figure.options:
            if option.name in self:
                value = self.value(option.name)
                is_known = not option.choices or value in option.choices
                found[option.name] = value if is_known else option.default
        return found

    def enable(self, names: Collection[str]) -> None:
        """Enables the controls of some options, and disables the others."""
        for name, control in self._controls.items():
            control.setEnabled(name in names)

    def list_layers(self, layers: Sequence[str]) -> None:
        """Fills the combo box of the `layer` option; the current layer stays."""
        box = self._controls.get("layer")
        items = [AUTOMATIC, *layers]
        if not isinstance(box, QtWidgets.QComboBox) or items_of(box) == items:
            return
        current = box.currentText()
        with QtCore.QSignalBlocker(box):
            box.clear()
            box.addItems(items)
            box.setCurrentText(current)

    def _add(self, option: Option, row: FlowLayout) -> None:
        control: Control
        if option.type is bool:
            control = add_check_box(row, option)
            control.setChecked(bool(option.default))
            control.toggled.connect(lambda _: self.changed.emit(option.name))
        elif option.choices or option.type is str:
            names = option.choices.values() if option.choices else [AUTOMATIC]
            control = add_combo_box(row, option.label, names, tooltip(option))
            control.currentIndexChanged.connect(
                lambda _: self.changed.emit(option.name)
            )
        else:
            control = add_spin_box(row, option)
            control.valueChanged.connect(lambda _: self.changed.emit(option.name))
        self._controls[option.name] = control
        if option.choices:
            with QtCore.QSignalBlocker(control):
                self.set_value(option.name, option.default)


def merge_options(figures: Iterable[FigureDefinition]) -> list[Option]:
    """The options that have a control, each with the choices of all figures.

    If the figures differ in the default of an option, its default is automatic.
    """
    merged: dict[str, Option] = {}
    for option in (one for figure in figures for one in figure.options):
        if not option.in_app:
            continue
        known = merged.setdefault(option.name, option)
        choices, default = {**known.choices, **option.choices}, known.default
        automatic = getattr(option.type, "AUTO", None)
        if automatic is not None and default != option.default:
            choices, default = {automatic: AUTOMATIC, **choices}, automatic
        merged[option.name] = replace(known, choices=choices, default=default)
    return list(merged.values())


def add_combo_box(
    row: FlowLayout, label: str, names: Iterable[str], tip: str
) -> QtWidgets.QComboBox:
    """Adds a combo box with its label."""
    box = QtWidgets.QComboBox()
    box.addItems(list(names))
    # In a window that is narrower than the box, the box shrinks.
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumWidth(SHORTEST)
    add_labeled(row, label, box, tip)
    return box


def add_spin_box(
    row: FlowLayout, option: Option
) -> QtWidgets.QSpinBox | QtWidgets.QDoubleSpinBox:
    """Adds a spin box with its label; at 0 the option is off."""
    unit = option.metavar.lower()
    is_whole = option.type is int or unit == "steps"
    box = QtWidgets.QSpinBox() if is_whole else QtWidgets.QDoubleSpinBox()
    box.setRange(0, LARGEST)
    box.setValue(cast(int, option.default or 0))
    box.setStepType(QtWidgets.QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    box.setSpecialValueText("off")
    box.setSuffix(f" {unit}" if unit else "")
    box.setGroupSeparatorShown(True)
    box.setKeyboardTracking(False)
    add_labeled(row, option.label, box, tooltip(option))
    return box


def add_check_box(row: FlowLayout, option: Option) -> QtWidgets.QCheckBox:
    """Adds a check box, which is its own label."""
    box = QtWidgets.QCheckBox(option.label)
    box.setToolTip(tooltip(option))
    row.addWidget(box)
    return box


def add_labeled(
    row: FlowLayout, text: str, control: QtWidgets.QWidget, tip: str
) -> None:
    """Adds a control with its label, which holds the mnemonic."""
    label = QtWidgets.QLabel(text)
    label.setBuddy(control)
    control.setToolTip(tip)
    control.setAccessibleName(plain_label(text))
    row.add_pair(label, control)


def tooltip(option: Option) -> str:
    """The help of an option, as a sentence without a period."""
    return option.help[:1].upper() + option.help[1:]


def plain_label(text: str) -> str:
    """A label without mnemonic and colon.

    >>> plain_label("A&xis:")
    'Axis'
    """
    return text.replace("&", "").rstrip(":")


def with_mnemonic(title: str, taken: set[str]) -> str:
    """Marks the first free letter of a title and adds it to `taken`.

    >>> with_mnemonic("Histograms", {"h"})
    'H&istograms'
    """
    for place, letter in enumerate(title.lower()):
        if letter.isalpha() and letter not in taken:
            taken.add(letter)
            return f"{title[:place]}&{title[place:]}"
    return title


def items_of(box: QtWidgets.QComboBox) -> list[str]:
    """The texts that a combo box lists."""
    return [box.itemText(row) for row in range(box.count())]


def gray_out(box: QtWidgets.QComboBox, reasons: Sequence[str | None]) -> None:
    """Disables items of a combo box that have a reason for it, their tooltip."""
    model = cast(QtGui.QStandardItemModel, box.model())
    for row, reason in enumerate(reasons):
        item = model.item(row)
        if (item.toolTip() or None) != reason:
            item.setEnabled(reason is None)
            item.setToolTip(reason or "")
