"""A figure that is requested before there are tabs or runs."""

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.qt import QtCore
from keras_xavier_gui.tabs import Tabs

UNCHANGED = FigureSpec()
"""Changes neither the tab nor its controls."""


class RequestedView(QtCore.QObject):
    """Shows a figure, its layers and its step as soon as that is possible.

    Args:
        context: State and services of the app.
        tabs: The tabs.
        parent: Parent of the object.
    """

    def __init__(
        self, context: AppContext, tabs: Tabs, parent: QtCore.QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._tabs = tabs
        self._spec = UNCHANGED
        self._step: int | None = None
        self._layers: tuple[str, ...] | None = None

    def show(self, spec: FigureSpec) -> None:
        """Shows a figure with its options; options without a value stay."""
        if not self._tabs.count():
            self._spec = spec
            return
        self._tabs.show_spec(spec)
        self._layers = spec.layers
        if spec.step is not None:
            self._context.selection.set_step(spec.step)
            self._step = spec.step
        self.complete()

    def show_first(self) -> None:
        """Shows what was requested before there were tabs.

        Options without a value have their defaults: a command shows the same figure
        each time.
        """
        if self._spec.figure is not None:
            self._tabs.reset_options(self._spec.figure)
        self.show(self._spec)

    def complete(self) -> None:
        """Selects the layers and checks the step once the runs have been read."""
        selection = self._context.selection
        if self._layers and selection.layers:
            selection.show_only(self._layers)
            self._layers = None
        if self._step is not None and len(selection.steps):
            if self._step not in selection.steps:
                self.notify_nearest(self._step)
            self._step = None

    def notify_nearest(self, step: int) -> None:
        """Notifies the user that a step is not recorded."""
        selection = self._context.selection
        nearest = selection.steps[selection.record]
        self._context.notify(
            f"Step {step:,} is not recorded; the nearest is {nearest:,}."
        )
