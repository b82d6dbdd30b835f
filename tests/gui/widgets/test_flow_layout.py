import pytest

from keras_xavier_gui.qt import QtWidgets
from keras_xavier_gui.widgets.flow_layout import FlowLayout

SPACING = 8


@pytest.fixture
def row(qtbot):
    """A widget with a flow layout of four buttons, 100 pixels wide each."""
    made = QtWidgets.QWidget()
    qtbot.addWidget(made)
    flow = FlowLayout(spacing=SPACING)
    flow.setContentsMargins(0, 0, 0, 0)
    for name in "abcd":
        button = QtWidgets.QPushButton(name)
        button.setFixedSize(100, 20)
        flow.addWidget(button)
    column = QtWidgets.QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.addLayout(flow)
    column.addWidget(QtWidgets.QTextEdit(), 1)
    made.show()
    return made, flow


def resize(widget, width):
    widget.resize(width, 200)
    QtWidgets.QApplication.processEvents()


def places(flow):
    return [(one.x(), one.y()) for one in flow.controls()]


def test_controls_wrap_if_there_is_no_room(row):
    widget, flow = row
    resize(widget, 500)
    assert places(flow) == [(0, 0), (108, 0), (216, 0), (324, 0)]
    resize(widget, 320)
    assert places(flow) == [(0, 0), (108, 0), (216, 0), (0, 28)]
    resize(widget, 110)
    assert [y for _, y in places(flow)] == [0, 28, 56, 84]


def test_a_row_does_not_widen_the_window(row):
    widget, flow = row
    assert flow.sizeHint().width() == 4 * 100 + 3 * SPACING
    assert flow.minimumSize().width() == 100
    assert widget.minimumSizeHint().width() < 200


def test_widgets_that_grow_fill_the_rest_of_the_row(row):
    widget, flow = row
    line = QtWidgets.QLineEdit()
    line.setMinimumWidth(50)
    flow.addWidget(line)
    resize(widget, 600)
    assert line.x() + line.width() == 600
    resize(widget, 480)
    assert (line.x(), line.y()) > (0, 20)
    assert line.width() == 480


def test_a_label_stays_beside_its_control(row):
    widget, flow = row
    label, box = QtWidgets.QLabel("Long name:"), QtWidgets.QComboBox()
    label.setBuddy(box)
    flow.add_pair(label, box)
    resize(widget, 450)
    assert flow.controls()[-2:] == [label, box]
    assert label.mapTo(widget, label.rect().topLeft()).y() > 20
    assert label.x() < box.x()


def test_hidden_controls_take_no_room(row):
    widget, flow = row
    resize(widget, 500)
    flow.controls()[0].hide()
    widget.layout().activate()
    assert places(flow)[1] == (0, 0)
    assert flow.takeAt(3) is not None
    assert flow.takeAt(3) is None
    assert flow.itemAt(9) is None
