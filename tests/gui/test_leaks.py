"""What the tests of the app look for after each of them."""

from keras_xavier_gui.qt import QtWidgets


def test_a_widget_that_nobody_deletes_is_found(find_leaks):
    parent = QtWidgets.QDialog()
    child = QtWidgets.QLabel("text", parent, objectName="forgotten")
    assert sorted(found.split()[0] for found in find_leaks()) == ["QDialog", "QLabel"]
    assert any("forgotten" in found for found in find_leaks())
    parent.hide()
    assert len(find_leaks()) == 2
    del child, parent
    assert find_leaks() == []
