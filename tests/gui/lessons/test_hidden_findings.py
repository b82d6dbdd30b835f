"""The findings of a lesson's runs are hidden until the student has predicted."""

import re

from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel.columns import FINDINGS, LOSS
from keras_xavier_gui.run_panel.digest import HIDDEN


def are_read(window, paths):
    known = [window.digests._known.get(path) for path in paths]
    return all(one and one.digest and one.report for one in known)


def findings_of(window, networks):
    """What the list of runs shows of each run: the cell and its tooltip."""
    found = {}
    for name in ("plain", "better"):
        index = window.runs.find(str(networks / f"{name}.zarr"))
        cell = window.runs.cell(index.siblingAtColumn(FINDINGS))
        found[name] = (cell.text, cell.tip)
    return found


def test_findings_appear_with_the_answer(window, open_lesson, qtbot, networks):
    paths = [str(networks / f"{name}.zarr") for name in ("plain", "better")]
    open_lesson()
    qtbot.waitUntil(lambda: are_read(window, paths))
    assert not any(map(window.digests.report, paths))
    hidden = ("hidden", HIDDEN)
    assert findings_of(window, networks) == {"plain": hidden, "better": hidden}
    # The Diagnosis tab and the name of the run do not reveal them either.
    window.run_list.choose(paths[0])
    window.tabs.setCurrentWidget(window.tabs._diagnosis)
    qtbot.waitUntil(lambda: window.tabs._diagnosis.page.headline.text() == HIDDEN)
    assert not window.tabs._diagnosis.problems.isVisible()
    # The answer shows "plain", and a later step "better".
    window.lessons.move(2)
    assert window.digests.report(paths[0])
    shown = findings_of(window, networks)
    assert shown["plain"] != hidden
    assert shown["better"] == hidden
    window.lessons.move(1)
    assert hidden not in findings_of(window, networks).values()
    window.lessons.move(-3)
    assert findings_of(window, networks) == {"plain": hidden, "better": hidden}
    window.lessons.close()
    assert all(map(window.digests.report, paths))
    assert hidden not in findings_of(window, networks).values()


def test_losses_appear_with_the_answer(window, open_lesson, qtbot, networks):
    paths = [str(networks / f"{name}.zarr") for name in ("plain", "better")]

    def losses():
        """Whether the list shows the losses of both runs."""
        cells = (
            window.runs.cell(window.runs.find(path).siblingAtColumn(LOSS))
            for path in paths
        )
        return [bool(cell.text or cell.curves or cell.tip) for cell in cells]

    def described():
        """Whether the tooltip and the text for screen readers name the loss."""
        roles = Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole
        index = window.runs.find(paths[0])
        return [bool(re.search(r"\bloss\b", index.data(role))) for role in roles]

    open_lesson()
    qtbot.waitUntil(lambda: are_read(window, paths))
    assert losses() == [False, False]
    assert described() == [False, False]
    window.lessons.move(2)
    assert losses() == [True, False]
    assert described() == [True, True]
    window.lessons.close()
    assert losses() == [True, True]
