import pytest

from keras_xavier.runs import State, find_runs
from keras_xavier_gui.library import list_runs
from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_list import (
    GONE,
    NAME,
    RECORDS,
    STATE,
    RunList,
    RunListModel,
    most_interesting,
)


@pytest.fixture
def model(qtmodeltester):
    return RunListModel()


@pytest.fixture
def view(qtbot, model):
    made = RunList(model)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def folder(simulation, tmp_path):
    """Three runs: b and d are finished, c is broken."""
    for name in "bd":
        simulation.write(str(tmp_path / name), records=2)
    broken = tmp_path / "c.zarr"
    broken.mkdir()
    (broken / "zarr.json").write_text('{"zarr_format": 3, "node_type": "gro')
    return tmp_path


def listing(folder):
    return list_runs([str(folder)])


def cell(model, row, column, role=Qt.ItemDataRole.DisplayRole):
    return model.data(model.index(row, column), role)


def test_the_model_is_one_that_qt_accepts(qtmodeltester, model, folder):
    model.update(listing(folder))
    qtmodeltester.check(model)


def test_a_broken_run_shows_as_such_with_its_reason(model, folder):
    model.update(listing(folder))
    assert [cell(model, row, NAME) for row in range(3)] == ["b", "c", "d"]
    assert [cell(model, row, STATE) for row in range(3)] == [
        "finished",
        "broken",
        "finished",
    ]
    assert cell(model, 0, RECORDS) == "2"
    (reason,) = [run.reason for run in find_runs(folder) if run.state is State.BROKEN]
    assert reason.partition("\n")[0] in cell(
        model, 1, NAME, Qt.ItemDataRole.ToolTipRole
    )
    assert cell(model, 1, NAME, Qt.ItemDataRole.AccessibleDescriptionRole) == reason
    assert not cell(model, 1, STATE, Qt.ItemDataRole.DecorationRole).isNull()
    assert "activation: tanh" in cell(model, 0, NAME, Qt.ItemDataRole.ToolTipRole)


def test_the_selection_stays_when_runs_appear_and_change(
    view, model, folder, simulation
):
    model.update(listing(folder))
    view.choose(model.entries[2].run.path)
    before = view.selection()
    simulation.write(str(folder / "a"), records=1)
    simulation.write(str(folder / "e"), records=1)
    model.update(listing(folder))
    assert [entry.label for entry in model.entries] == list("abcde")
    assert view.selection() == before


def test_the_run_chosen_last_comes_first(view, model, folder):
    model.update(listing(folder))
    paths = [entry.run.path for entry in model.entries]
    view.choose(paths[0])
    chosen = []
    view.chosen.connect(chosen.append)
    selection = view.selectionModel()
    selection.setCurrentIndex(
        model.index(2, 0), selection.SelectionFlag.Select | selection.SelectionFlag.Rows
    )
    assert chosen[-1].paths == (paths[2], paths[0])


def test_a_run_that_vanished_stays_until_it_is_dropped(view, model, folder):
    model.update(listing(folder))
    view.choose(model.entries[0].run.path)
    (folder / "b.zarr").rename(folder.parent / "elsewhere")
    model.update(listing(folder))
    assert model.entries[0].run.state is State.BROKEN
    assert model.entries[0].run.reason == GONE
    (folder.parent / "elsewhere").rename(folder / "b.zarr")
    model.update(listing(folder))
    assert model.entries[0].run.state is State.FINISHED
    (folder / "b.zarr").rename(folder.parent / "elsewhere")
    model.update(listing(folder))
    model.drop_gone()
    assert [entry.label for entry in model.entries] == ["c", "d"]
    assert view.selection().paths == () or len(view.selection().paths) == 1


def test_a_live_run_is_shown_first_and_a_broken_one_last(folder, simulation):
    found = listing(folder).entries
    assert most_interesting(found).run.state is State.FINISHED
    writer = simulation.write(str(folder / "live"), records=1, close=False)
    assert most_interesting(listing(folder).entries).label == "live"
    writer.close()
    assert most_interesting(()) is None


def test_long_names_are_shortened_to_what_tells_them_apart(model, tmp_path, simulation):
    names = [f"shapeset3x2-{kind}-4x300-seed0" for kind in ("sigmoid", "softsign")]
    for name in names:
        simulation.write(str(tmp_path / name), records=1)
    model.update(listing(tmp_path))
    shown = [cell(model, row, NAME) for row in range(2)]
    assert ["sigmoid" in shown[0], "softsign" in shown[1]] == [True, True]
    assert max(map(len, shown)) <= 19
    role = Qt.ItemDataRole.AccessibleTextRole
    assert cell(model, 0, NAME, role).startswith(names[0])
    simulation.write(str(tmp_path / "a"), records=1)
    model.update(listing(tmp_path))
    assert cell(model, 0, NAME) == "a"
    assert "softsign" in cell(model, 2, NAME)
