"""The page with a figure that the code of a lesson draws."""

import os

from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.widgets.message_page import MessagePage

NOT_DRAWN = """\
No figure yet
The code of the lesson draws this figure when its networks are trained."""
MARGIN = 12


class ImagePage(QtWidgets.QStackedWidget):
    """Shows an image file, or a message until it exists."""

    def __init__(self) -> None:
        super().__init__()
        self.image = ScaledImage()
        self.message = MessagePage()
        self.message.set_text(NOT_DRAWN)
        self.addWidget(self.image)
        self.addWidget(self.message)
        self._shown: tuple[str, float] | None = None

    def show_image(self, path: str) -> None:
        """Shows an image, and reads its file again if it has changed."""
        try:
            version = path, os.stat(path).st_mtime
        except OSError:
            self._shown = None
            self.setCurrentWidget(self.message)
            return
        if version != self._shown:
            self._shown = version
            self.image.set_image(QtGui.QImage(path))
            self.image.setToolTip(path)
        # A file that is being written cannot be read yet.
        is_read = not self.image.image.isNull()
        self.setCurrentWidget(self.image if is_read else self.message)


class ScaledImage(QtWidgets.QWidget):
    """An image as large as its place allows, with its proportions.

    Attributes:
        image: The image.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Figure of the lesson")
        self.setBackgroundRole(QtGui.QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.image = QtGui.QImage()

    def set_image(self, image: QtGui.QImage) -> None:
        self.image = image
        self.update()

    def place(self) -> QtCore.QRect:
        """Returns the place of the image in the middle of the widget."""
        whole = self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        size = self.image.size().scaled(
            whole.size(), Qt.AspectRatioMode.KeepAspectRatio
        )
        place = QtCore.QRect(QtCore.QPoint(0, 0), size)
        place.moveCenter(whole.center())
        return place

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        if self.image.isNull():
            return
        place, ratio = self.place(), self.devicePixelRatioF()
        # Averages pixels, unlike scaling by the painter.
        scaled = self.image.scaled(
            place.size() * ratio,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        scaled.setDevicePixelRatio(ratio)
        QtGui.QPainter(self).drawImage(place.topLeft(), scaled)
