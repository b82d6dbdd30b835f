"""Combo boxes, spin boxes and check boxes for the options of figures."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias, cast

from keras_xavier.figure_spec import Option
from keras_xavier_gui.plots.places import AUTOMATIC, at_same_place, widest_texts
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.action_button import IconButton
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
LONGEST_SMOOTHING = 100_000
"""Number of steps for which a spin box has room."""
PIN_TIP = "Keep this quantity in this tab; tabs without a pin share their quantity"


class ComboBox(QtWidgets.QComboBox):
    """A combo box that is as wide in all tabs, whatever it lists.

    Args:
        names: The items.
        widest: Texts that it must have room for.
    """

    def __init__(self, names: Iterable[str], widest: Sequence[str]) -> None:
        super().__init__()
        self._widest = list(widest)
        policies = QtWidgets.QComboBox.SizeAdjustPolicy
        self.setSizeAdjustPolicy(policies.AdjustToMinimumContentsLengthWithIcon)
        self.addItems(list(names))
        # In a window that is narrower than the box, the box shrinks.
        self.setMinimumWidth(SHORTEST)

    def sizeHint(self) -> QtCore.QSize:
        hint = super().sizeHint()
        option = QtWidgets.QStyleOptionComboBox()
        self.initStyleOption(option)
        text = max(map(self.fontMetrics().horizontalAdvance, self._widest), default=0)
        size = self.style().sizeFromContents(
            QtWidgets.QStyle.ContentsType.CT_ComboBox,
            option,
            QtCore.QSize(text, self.fontMetrics().height()),
            self,
        )
        return QtCore.QSize(size.width(), hint.height())


class PlaceLabel(QtWidgets.QLabel):
    """A label that is as wide in all tabs.

    Args:
        text: The text.
        widest: Texts that it must have room for.
    """

    def __init__(self, text: str, widest: Sequence[str]) -> None:
        super().__init__(text)
        self._widest = widest

    def sizeHint(self) -> QtCore.QSize:
        mnemonic = Qt.TextFlag.TextShowMnemonic
        sizes = [self.fontMetrics().size(mnemonic, one) for one in self._widest]
        width = max(one.width() for one in sizes)
        return QtCore.QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QtCore.QSize:
        return self.sizeHint()


def add_control(
    row: FlowLayout, option: Option, *more: QtWidgets.QWidget
) -> tuple[Control, QtWidgets.QLabel | None]:
    """Adds the control of an option to a row.

    Args:
        row: The row.
        option: The option.
        more: Widgets that follow the control.

    Returns:
        The control and its label; a check box is its own label.
    """
    if option.type is bool:
        check = QtWidgets.QCheckBox(option.label)
        check.setToolTip(tooltip(option))
        check.setChecked(bool(option.default))
        row.addWidget(check)
        return check, None
    if option.choices or option.type is str:
        names = list(option.choices.values()) or [AUTOMATIC]
        box = ComboBox(names, widest_texts(option))
        return box, add_labeled(row, option, box, *more)
    unit = option.metavar.lower()
    is_whole = option.type is int or unit == "steps"
    spin = QtWidgets.QSpinBox() if is_whole else QtWidgets.QDoubleSpinBox()
    spin.setRange(0, LONGEST_SMOOTHING)
    spin.setMinimumWidth(spin.sizeHint().width())
    spin.setRange(0, LARGEST)
    spin.setValue(cast(int, option.default or 0))
    spin.setStepType(QtWidgets.QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    spin.setSpecialValueText("off")
    spin.setSuffix(f" {unit}" if unit else "")
    spin.setGroupSeparatorShown(True)
    spin.setKeyboardTracking(False)
    return spin, add_labeled(row, option, spin, *more)


def add_labeled(
    row: FlowLayout, option: Option, control: Control, *more: QtWidgets.QWidget
) -> QtWidgets.QLabel:
    """Adds the control of an option with its label, which holds the mnemonic."""
    label = PlaceLabel(option.label, [one.label for one in at_same_place(option)])
    control.setToolTip(tooltip(option))
    connect_label(row, label, control, *more)
    return label


def connect_label(
    row: FlowLayout,
    label: QtWidgets.QLabel,
    control: QtWidgets.QWidget,
    *more: QtWidgets.QWidget,
) -> None:
    """Adds a control with its label to a row."""
    label.setBuddy(control)
    control.setAccessibleName(label.text().replace("&", "").rstrip(":"))
    row.add_pair(label, control, *more)


def pin_button() -> QtWidgets.QToolButton:
    """A button that stays down, beside the quantity."""
    pin = IconButton("pin-outline", "Pin the quantity")
    pin.setCheckable(True)
    pin.setToolTip(PIN_TIP)
    return pin


def disable(control: Control, option: Option, title: str) -> None:
    """Disables the control of an option; its tooltip says why.

    Args:
        control: The control.
        option: The option.
        title: Title of the figure to which the option does not apply.
    """
    control.setEnabled(False)
    control.setToolTip(why_not(option.label.replace("&", "").rstrip(":"), title))


def why_not(label: str, title: str) -> str:
    """Why a control is disabled.

    >>> why_not("Smoothing", "Histogram map")
    '“Smoothing” does not apply to: Histogram map'
    """
    return f"“{label}” does not apply to: {title}"


def tooltip(option: Option) -> str:
    """The help of an option, as a sentence without a period."""
    return option.help[:1].upper() + option.help[1:]


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
