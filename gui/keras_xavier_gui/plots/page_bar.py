"""Scrolls through the pages of a plot with more panels than fit."""

from keras_xavier_gui.qt import Qt, QtCore, QtWidgets, Signal


class PageBar(QtWidgets.QScrollBar):
    """A scroll bar with a place for each page of panels, hidden if there is one."""

    turned = Signal()
    """Another page was selected."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self.setAccessibleName("Pages of panels")
        self.setSingleStep(1)
        self.setPageStep(1)
        self.hide()
        self.valueChanged.connect(lambda _: self.turned.emit())

    def show_pages(self, page: int, pages: int) -> None:
        """Shows which of several pages is drawn."""
        with QtCore.QSignalBlocker(self):
            self.setRange(0, pages - 1)
            self.setValue(page)
        self.setVisible(pages > 1)
        self.setToolTip(f"Page {page + 1:,} of {pages:,} (Page Up and Page Down)")

    def turn(self, pages: int) -> None:
        """Selects a later or an earlier page."""
        self.setValue(self.value() + pages)
