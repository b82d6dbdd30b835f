"""Draws the cells of the list of runs: elided texts, muted texts, sparklines."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from keras_xavier_gui.qt import ModelIndex, Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel.columns import NAME
from keras_xavier_gui.run_panel.digest import Curve
from keras_xavier_gui.run_panel.row_roles import BRIEF, CURVES, MUTED
from keras_xavier_gui.widgets.icons import SIZE

ROW_SPACING = 3
MARGIN = 4
"""Pixels around a sparkline."""
MIN_SPARKLINE = 16
"""Width below which no sparkline is drawn."""
LINE_WIDTH = 1.2
LOG_RATIO = 100.0
"""Ratio of the largest to the smallest value from which on the scale is logarithmic."""
MAX_CURVES = 12
"""Curves of a group that are drawn."""
States = QtWidgets.QStyle.StateFlag
Roles = QtGui.QPalette.ColorRole


class CellDelegate(QtWidgets.QStyledItemDelegate):
    """Elides names in the middle and other texts on the right; draws sparklines."""

    def initStyleOption(
        self, option: QtWidgets.QStyleOptionViewItem, index: ModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        # The beginning of the title of a group matters most.
        if index.column() != NAME or index.model().hasChildren(index):
            option.textElideMode = Qt.TextElideMode.ElideRight
        if index.data(MUTED):
            muted = option.palette.color(Roles.PlaceholderText)
            option.palette.setColor(Roles.Text, muted)
        # The name of a problem matters more than its layer.
        if (brief := index.data(BRIEF)) and not fits(option):
            option.text = brief

    def paint(
        self,
        painter: QtGui.QPainter,
        option: QtWidgets.QStyleOptionViewItem,
        index: ModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        if curves := index.data(CURVES):
            text = str(index.data() or "")
            letters = option.fontMetrics.horizontalAdvance(f"{text}  ")
            area = option.rect.adjusted(MARGIN, MARGIN, -MARGIN - letters, -MARGIN)
            if area.width() >= MIN_SPARKLINE:
                is_selected = bool(option.state & States.State_Selected)
                role = Roles.HighlightedText if is_selected else Roles.Text
                draw_curves(painter, area, curves, option.palette.color(role))

    def sizeHint(
        self, option: QtWidgets.QStyleOptionViewItem, index: ModelIndex
    ) -> QtCore.QSize:
        # The same with and without an icon: the first row sets the height of all.
        wide = super().sizeHint(option, index).width()
        return QtCore.QSize(wide, max(option.fontMetrics.height(), SIZE) + ROW_SPACING)


def fits(option: QtWidgets.QStyleOptionViewItem) -> bool:
    """Returns whether the text of a cell fits beside its icon."""
    style = option.widget.style() if option.widget else QtWidgets.QApplication.style()
    part = QtWidgets.QStyle.SubElement.SE_ItemViewItemText
    area = style.subElementRect(part, option, option.widget)
    margin = style.pixelMetric(
        QtWidgets.QStyle.PixelMetric.PM_FocusFrameHMargin, None, option.widget
    )
    width = option.fontMetrics.horizontalAdvance(option.text)
    return bool(width <= area.width() - 2 * (margin + 1))


def draw_curves(
    painter: QtGui.QPainter,
    area: QtCore.QRect,
    curves: Sequence[Curve],
    color: QtGui.QColor,
) -> None:
    """Draws curves on a common scale.

    Args:
        painter: Paints the cell.
        area: Rectangle of the sparkline.
        curves: The curves; of many, the first ones are drawn.
        color: Color of the lines, which are paler if there are several.
    """
    shown = tuple(curves[:MAX_CURVES])
    painter.save()
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    color = QtGui.QColor(color)
    color.setAlphaF(0.8 if len(shown) == 1 else 0.45)
    pen = QtGui.QPen(color, LINE_WIDTH)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.translate(area.left(), area.bottom())
    painter.scale(area.width(), -area.height())
    for line in unit_lines(shown):
        painter.drawPolyline(line)
    painter.restore()


@lru_cache(maxsize=2048)
def unit_lines(curves: tuple[Curve, ...]) -> tuple[QtGui.QPolygonF, ...]:
    """Returns the lines of curves in a square from 0 to 1; gaps part a curve."""
    values = np.concatenate([curve.values for curve in curves])
    steps = np.concatenate([curve.steps for curve in curves])
    known = values[np.isfinite(values)]
    if not len(known):
        return ()
    low, high = float(known.min()), float(known.max())
    is_log = low > 0 and high / low > LOG_RATIO
    lines = []
    for curve in curves:
        heights = np.log(curve.values) if is_log else curve.values
        bottom, top = (math.log(low), math.log(high)) if is_log else (low, high)
        x = (curve.steps - steps.min()) / max(steps.max() - steps.min(), 1)
        y = (heights - bottom) / (top - bottom) if top > bottom else 0 * heights + 0.5
        lines += polygons(x, y)
    return tuple(lines)


def polygons(x: np.ndarray, y: np.ndarray) -> list[QtGui.QPolygonF]:
    """Returns a polygon for each stretch without gaps."""
    gaps = np.flatnonzero(~np.isfinite(y))
    pieces = zip(np.split(x, gaps), np.split(y, gaps), strict=True)
    return [
        QtGui.QPolygonF(
            [
                QtCore.QPointF(float(a), float(b))
                for a, b in zip(xs, ys, strict=True)
                if np.isfinite(b)
            ]
        )
        for xs, ys in pieces
        if np.isfinite(ys).any()
    ]
