import pytest

from keras_xavier.runs import Notes, write_notes
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.run_panel.columns import (
    FINDINGS,
    FIXED,
    NAME,
    RECORDS,
    STATE,
)
from keras_xavier_gui.sources.listing import list_runs


@pytest.fixture
def folder(simulation, tmp_path):
    """Runs of 2, 3 and 10 layers, and one deeper."""
    runs = tmp_path / "runs"
    for layers in (10, 2, 3):
        simulation.write(str(runs / f"run{layers}"), records=1, layers=layers)
    simulation.write(str(runs / "deep" / "sigmoid"), records=2)
    return runs


@pytest.fixture
def box(make_panel):
    return make_panel()


@pytest.fixture
def model(box):
    return box.runs


@pytest.fixture
def view(box, model, folder):
    model.update(list_runs([str(folder)]))
    return box.view


@pytest.fixture
def chosen(view):
    found = []
    view.chosen.connect(found.append)
    return found


def rows(view):
    """The visible rows from top to bottom, folders with a slash."""
    seen = []
    index = view.model().index(0, NAME, view.rootIndex())
    while index.isValid():
        folder = view._runs.entry(view.filtered.mapToSource(index)) is None
        seen.append(index.data() + "/" * folder)
        index = view.indexBelow(index)
    return seen


def path(folder, name):
    return str(folder / f"{name}.zarr")


def go_to(view, folder, name):
    view.choose(path(folder, name))
    view.setFocus()


def test_the_folders_come_first_and_run2_before_run10(view):
    assert rows(view) == ["deep/", "sigmoid", "run2", "run3", "run10"]


def test_a_second_folder_makes_both_visible(view, model, folder, simulation):
    go_to(view, folder, "run3")
    other = folder.parent / "other"
    simulation.write(str(other / "x"), records=1)
    model.update(list_runs([str(folder), str(other)]))
    assert rows(view)[:4] == ["other/", "x", "runs/", "deep/"]
    assert view.selected_paths() == (path(folder, "run3"),)
    model.drop_source(str(other))
    assert rows(view) == ["deep/", "sigmoid", "run2", "run3", "run10"]
    assert view.selected_paths() == (path(folder, "run3"),)


def test_a_filter_without_matches_shows_a_message(view):
    assert not view.nothing.isVisible()
    view.filter.setText("nowhere")
    assert view.nothing.isVisible()
    view.filter.setText("run2")
    assert not view.nothing.isVisible()


def test_folders_show_the_number_of_matching_runs(view, model, folder, simulation):
    simulation.write(str(folder / "deep" / "er" / "run"), records=1)
    simulation.write(str(folder.parent / "other" / "x"), records=1)
    model.update(list_runs([str(folder), str(folder.parent / "other")]))
    top = view.filtered.index(1, NAME)
    state = top.siblingAtColumn(STATE)
    assert state.data() == "5 runs"
    view.filter.setText("run")
    top = view.filtered.index(0, NAME)
    assert top.siblingAtColumn(STATE).data() == "5 of 5 runs"
    view.filter.setText("er/run")
    assert top.siblingAtColumn(STATE).data() == "1 of 5 runs"
    spoken = top.data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "folder runs, 1 of 5 runs"


def test_rows_with_and_without_an_icon_have_the_same_height(view):
    tall = {view.rowHeight(view.indexAt(QtCore.QPoint(5, y))) for y in range(5, 60, 9)}
    assert len(tall) == 1
    before = tall.pop()
    view.filter.setText("run2")
    assert view.rowHeight(view.indexAt(QtCore.QPoint(5, 5))) == before


def test_a_click_at_the_header_sorts(qtbot, view, model):
    view.setColumnHidden(RECORDS, False)
    view.sortByColumn(RECORDS, Qt.SortOrder.DescendingOrder)
    assert rows(view) == ["deep/", "sigmoid", "run10", "run3", "run2"]
    header = view.header()
    at = QtCore.QPoint(header.sectionViewportPosition(NAME) + 9, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert rows(view)[2:] == ["run2", "run3", "run10"]


def test_columns_are_selected_in_the_menu_of_the_header(qtbot, view):
    assert view.isColumnHidden(RECORDS)
    view.header().customContextMenuRequested.emit(QtCore.QPoint(3, 3))
    (menu,) = [
        one
        for one in view.findChildren(QtCore.QObject)
        if hasattr(one, "popup") and one.isVisible()
    ]
    names = [action.text() for action in menu.actions()]
    assert names[: len(FIXED) - 1] == list(FIXED[1:])
    menu.actions()[names.index("Records")].trigger()
    assert not view.isColumnHidden(RECORDS)
    menu.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RUN1", ["run10"]),
        ("layers=3", ["run3"]),
        ("tanh deep", ["deep/", "sigmoid"]),
        ("best", ["run2"]),
        ("prüfen", ["run2"]),
        ("finished run", ["deep/", "sigmoid", "run2", "run3", "run10"]),
        ("[(*", []),
    ],
)
def test_the_filter_searches_all_texts(view, model, folder, text, found):
    write_notes(folder / "run2", Notes("The best one.", ("zu prüfen",)))
    model.update(list_runs([str(folder)]))
    view.filter.insert(text)
    assert rows(view) == found
    view.filter.clear()
    assert len(rows(view)) == 5


def test_hidden_runs_stay_selected(qtbot, view, model, folder, chosen):
    go_to(view, folder, "run3")
    qtbot.keyClicks(view.filter, "run10")
    model.update(list_runs([str(folder)]))
    assert chosen == [(path(folder, "run3"),)]
    # Actions ignore hidden runs.
    assert view.selected_paths() == ()
    view.filter.clear()
    assert view.selected_paths() == (path(folder, "run3"),)
    qtbot.keyClicks(view.filter, "run10")
    view.choose(path(folder, "run10"))
    view.filter.clear()
    assert chosen == [(path(folder, "run3"),), (path(folder, "run10"),)]
    assert view.selected_paths() == (path(folder, "run10"),)


def test_an_arrow_key_selects_a_matching_run(qtbot, box, view, folder, chosen):
    go_to(view, folder, "run3")
    box.activateWindow()
    view.filter.setFocus()
    view.filter.setText("run10")
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert view.selected_paths() == ()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert chosen[-1] == (path(folder, "run10"),)
    view.filter.clear()
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert chosen[-1] == (path(folder, "run3"),)


def test_selecting_a_hidden_run_clears_the_filter(qtbot, view, folder, chosen):
    qtbot.keyClicks(view.filter, "run10")
    view.choose(path(folder, "run2"))
    assert view.filter.text() == ""
    assert chosen == [(path(folder, "run2"),)]


def test_a_collapsed_folder_stays_collapsed(qtbot, view, model, folder, simulation):
    view.collapse(view.model().index(0, NAME, view.rootIndex()))
    assert rows(view)[:2] == ["deep/", "run2"]
    simulation.write(str(folder / "deep" / "relu"), records=1)
    simulation.write(str(folder / "deeper" / "relu"), records=1)
    model.update(list_runs([str(folder)]))
    assert rows(view)[:4] == ["deep/", "deeper/", "relu", "run2"]
    qtbot.keyClicks(view.filter, "sigmoid")
    assert rows(view) == ["deep/", "sigmoid"]
    view.filter.clear()
    assert rows(view)[:2] == ["deep/", "deeper/"]


def test_moving_over_a_folder_leaves_the_selection_alone(qtbot, view, folder, chosen):
    go_to(view, folder, "run2")
    qtbot.keyClick(view, Qt.Key.Key_Up)
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert view.currentIndex().data() == "deep"
    sigmoid = str(folder / "deep" / "sigmoid.zarr")
    assert chosen == [(path(folder, "run2"),), (sigmoid,)]
    assert view.selected_paths() == (sigmoid,)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert rows(view)[:2] == ["deep/", "run2"]
    assert chosen[-1] == (sigmoid,)
    view.selectAll()
    assert len(view.selected_paths()) >= 3


def test_selection_cursor_and_scroll_position_stay_when_runs_appear(
    qtbot, view, model, folder, simulation
):
    for number in range(20, 60):
        (folder / f"run{number}.zarr").mkdir()
    model.update(list_runs([str(folder)]))
    go_to(view, folder, "run40")
    view.scrollTo(view.currentIndex(), view.ScrollHint.PositionAtTop)
    top = view.indexAt(QtCore.QPoint(0, 0)).data()
    across = view.horizontalScrollBar().value()
    for number in range(4, 9):
        (folder / f"run{number}.zarr").mkdir()
    model.update(list_runs([str(folder)]))
    assert view.indexAt(QtCore.QPoint(0, 0)).data() == top
    assert view.horizontalScrollBar().value() == across
    assert view.currentIndex().data() == "run40"
    assert view.selected_paths() == (path(folder, "run40"),)


def test_a_click_in_another_column_leaves_the_names_visible(
    qtbot, box, view, folder, chosen
):
    box.resize(500, 300)
    qtbot.waitUntil(lambda: view.viewport().width() > 400)
    index = view.filtered.mapFromSource(view._runs.find(path(folder, "run2")))
    place = view.visualRect(index.siblingAtColumn(FINDINGS)).topLeft()
    assert place.x() < view.viewport().width()
    at = place + QtCore.QPoint(3, 3)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == [(path(folder, "run2"),)]
    assert view.horizontalScrollBar().maximum() > 0
    assert view.horizontalScrollBar().value() == 0


def test_selected_runs_are_in_the_order_of_the_list(view, folder, chosen):
    view.choose(path(folder, "run10"), path(folder, "run2"))
    assert chosen[-1] == (path(folder, "run2"), path(folder, "run10"))
    view.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    assert chosen[-1] == (path(folder, "run10"), path(folder, "run2"))


def test_the_next_run_is_selected_when_the_selected_one_is_removed(
    view, model, folder, chosen
):
    view.choose(path(folder, "run3"))
    model.drop([path(folder, "run3")])
    assert len(view.selected_paths()) == 1
    assert chosen[-1] == view.selected_paths()


def test_scrolling_with_keys_keeps_a_selection_of_several_runs(view, qtbot, folder):
    view.selectAll()
    every = view.selected_paths()
    assert len(every) > 1
    keys = Qt.Key
    for key in (keys.Key_Home, keys.Key_End, keys.Key_PageUp, keys.Key_PageDown):
        before = view.currentIndex()
        qtbot.keyClick(view, key)
        assert view.currentIndex() != before
        assert view.selected_paths() == every
    view.choose(every[0])
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.selected_paths() == every[-1:]
