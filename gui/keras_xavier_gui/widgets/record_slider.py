"""A slider over the records of a run."""

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets

SHORTEST = 120
"""Width in pixels."""


class RecordSlider(QtWidgets.QSlider):
    """A slider whose handle moves to the place of a click.

    The sliders of Qt move by a page instead.
    """

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setAccessibleName("Record")
        self.setToolTip("Record to show (← and →)")
        self.setMinimumWidth(SHORTEST)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        parts = QtWidgets.QStyle.SubControl
        place, handle = event.position(), self._rect(parts.SC_SliderHandle)
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and not handle.contains(place.toPoint()):
            groove = self._rect(parts.SC_SliderGroove)
            value = QtWidgets.QStyle.sliderValueFromPosition(
                self.minimum(),
                self.maximum(),
                round(place.x()) - groove.x() - handle.width() // 2,
                groove.width() - handle.width(),
            )
            self.setValue(value)
        # The handle is under the mouse now, so that it can be dragged on.
        super().mousePressEvent(event)

    def _rect(self, part: QtWidgets.QStyle.SubControl) -> QtCore.QRect:
        option = QtWidgets.QStyleOptionSlider()
        self.initStyleOption(option)
        slider = QtWidgets.QStyle.ComplexControl.CC_Slider
        return self.style().subControlRect(slider, option, part, self)
