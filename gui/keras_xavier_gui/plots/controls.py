"""Controls of a tab, made from the options of its figures."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from keras_xavier.figure_spec import FIGURES, FigureDefinition, Option
from keras_xavier_gui.plots.control_widgets import (
    ComboBox,
    Control,
    add_control,
    connect_label,
    disable,
    items_of,
    pin_button,
    tooltip,
    why_not,
)
from keras_xavier_gui.plots.places import (
    AUTOMATIC,
    FIRST_ROW,
    PLACES,
    all_options,
    places,
)
from keras_xavier_gui.qt import QtCore, QtGui, QtWidgets, Signal
from keras_xavier_gui.widgets.flow_layout import FlowLayout

NO_FIGURES = "tabs without figures"


class Controls(QtCore.QObject):
    """One control for each option: check box, combo box or spin box.

    All tabs have the same controls in the same places. Controls of options that the
    figures of a tab do not have are disabled, and their tooltips say so.

    Args:
        figures: The figures of the tab.
        first: Row for the options that select the content.
        second: Row for the other options.
        extra: Options of the tab that the figures lack.

    Attributes:
        kind: Selects one of the figures.
        pin: Button that keeps the quantity of the tab.
    """

    changed = Signal(str)
    """Name of the option that was changed."""

    def __init__(
        self,
        figures: Sequence[FigureDefinition],
        first: FlowLayout,
        second: FlowLayout,
        *,
        extra: Sequence[Option] = (),
    ) -> None:
        super().__init__()
        options = [*merge_options(figures), *extra]
        self._options = {one.name: one for one in options}
        self._controls: dict[str, Control] = {}
        self._labels: dict[str, QtWidgets.QLabel] = {}
        self.kind = self._add_kind(figures, first)
        self.pin = pin_button()
        title = figures[0].title if figures else NO_FIGURES
        for i, place in enumerate(places()):
            row = first if i < FIRST_ROW else second
            own = [self._options[name] for name in place if name in self._options]
            for option in own:
                self._add(option, row)
            if not own:
                absent = next(one for one in all_options() if one.name in place)
                control, _ = add_control(row, absent, *self._more(absent))
                disable(control, absent, title)
                if isinstance(control, QtWidgets.QComboBox):
                    control.setCurrentIndex(-1)
        if "quantity" not in self:
            self.pin.setEnabled(False)
            self.pin.setToolTip(why_not("Quantity", title))

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
            case QtWidgets.QSpinBox():
                control.setValue(round(min(value or 0, control.maximum())))
            case _:
                control.setValue(value or 0.0)

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

    def enable(self, names: Collection[str], title: str) -> None:
        """Enables the controls of some options, and disables the others.

        Args:
            names: Names of the options.
            title: Title of the figure to which the others do not apply.
        """
        for name, control in self._controls.items():
            if name in names:
                control.setEnabled(True)
                control.setToolTip(tooltip(self._options[name]))
            else:
                disable(control, self._options[name], title)

    def disable_theory(self, reason: str) -> None:
        """Disables the control of theory if theory has no prediction.

        Args:
            reason: str. Why there is no prediction; empty if there is one.
        """
        if reason and (control := self._controls.get("theory")):
            control.setEnabled(False)
            control.setToolTip(f"Theory has no prediction: {reason}")

    def changed_options(self) -> list[Option]:
        """The options of presentation whose values differ from their defaults."""
        return [
            option
            for name, option in self._options.items()
            if not option.is_subject
            and (self.value(name) or option.default)
            and self.value(name) != option.default
        ]

    def reset(self) -> None:
        """Sets all options of presentation to their defaults."""
        for option in self.changed_options():
            self.set_value(option.name, option.default)

    def choices(self) -> Iterator[tuple[str, str, Callable[[], object]]]:
        """Yields label, value and setter of all values of the enabled controls."""
        for name, control in self._controls.items():
            label = plain_label(self._options[name].label)
            if not control.isEnabled():
                continue
            if isinstance(control, QtWidgets.QCheckBox):
                value = "off" if control.isChecked() else "on"
                yield label, value, control.toggle
            elif isinstance(control, QtWidgets.QComboBox):
                for row, text in enumerate(items_of(control)):
                    yield label, text, partial(control.setCurrentIndex, row)

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

    def _add_kind(
        self, figures: Sequence[FigureDefinition], row: FlowLayout
    ) -> QtWidgets.QComboBox:
        titles = [one.title for one in FIGURES.values()]
        box = ComboBox([one.title for one in figures], titles)
        box.setToolTip("Figure to show")
        connect_label(row, QtWidgets.QLabel("&Kind:"), box)
        if len(figures) < 2:
            box.setEnabled(False)
            box.setToolTip("This tab has one figure" if figures else "No figures here")
        return box

    def _more(self, option: Option) -> tuple[QtWidgets.QWidget, ...]:
        """Widgets beside the control of an option."""
        return (self.pin,) if option.name in PLACES[0] else ()

    def _add(self, option: Option, row: FlowLayout) -> None:
        control, label = add_control(row, option, *self._more(option))
        self._controls[option.name] = control
        if label is not None:
            self._labels[option.name] = label
        if option.choices:
            self.set_value(option.name, option.default)

        def changed(_value: object) -> None:
            self._mark_changed()
            self.changed.emit(option.name)

        match control:
            case QtWidgets.QCheckBox():
                control.toggled.connect(changed)
            case QtWidgets.QComboBox():
                control.currentIndexChanged.connect(changed)
            case _:
                control.valueChanged.connect(changed)

    def _mark_changed(self) -> None:
        """Shows in the accent color which options are not as usual.

        They may have been set long ago.
        """
        changed = {one.name for one in self.changed_options()}
        roles = QtGui.QPalette.ColorRole
        for name, label in self._labels.items():
            label.setForegroundRole(roles.Link if name in changed else roles.WindowText)


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
