"""Columns of the list of runs: chosen, sorted by, remembered."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_xavier.runs import open_run
from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.qt import Qt
from keras_xavier_gui.run_panel.available_columns import available
from keras_xavier_gui.run_panel.column_chooser import COLUMNS, SORTED
from keras_xavier_gui.run_panel.columns import (
    COLUMN_COUNT,
    FINDINGS,
    FIXED,
    LOSS,
    MAX_EXTRAS,
    NAME,
    RECORDS,
    SINCE,
    Extra,
    Kind,
)
from keras_xavier_gui.run_panel.digest import digest
from keras_xavier_gui.run_panel.row_roles import CURVES
from keras_xavier_gui.sources.listing import list_runs

LAYERS = Extra(Kind.SETTING, "layers")
RATE = Extra(Kind.SETTING, "optimizer.learning_rate")
ERROR = Extra(Kind.METRIC, "error")


@pytest.fixture(scope="module")
def folder(simulation, tmp_path_factory):
    """Runs of 10, 2 and 3 layers, and a broken one. Longer runs have a lower loss."""
    runs = tmp_path_factory.mktemp("columns") / "runs"
    for layers, rate in ((10, 0.1), (2, 1e-5), (3, None)):
        optimizer = {"optimizer": {"class": "SGD", "learning_rate": rate}}
        simulation.write(
            str(runs / f"run{layers}"),
            records=layers,
            every=1000,
            layers=layers,
            attributes=optimizer if rate else {},
        )
    (runs / "broken.zarr").mkdir()
    return runs


@pytest.fixture
def make_view(make_panel, folder):
    def make():
        panel = make_panel()
        panel.runs.update(list_runs([str(folder)]))
        for node in panel.runs.runs():
            if node.entry.run.records:
                found = digest(open_run(node.path))
                panel.runs.show_digest(node.path, found, None, "")
        panel.view.columns.update()
        return panel.view

    return make


@pytest.fixture
def view(make_view):
    return make_view()


def column_of(view, title):
    (column,) = [
        column
        for column in range(COLUMN_COUNT)
        if view.model().headerData(column, Qt.Orientation.Horizontal) == title
    ]
    return column


def shown(view, title):
    """Texts of a column from top to bottom, by name."""
    column, index, found = (
        column_of(view, title),
        view.indexAt(view.rect().topLeft()),
        {},
    )
    index = view.model().index(0, NAME, view.rootIndex())
    while index.isValid():
        found[index.data()] = index.siblingAtColumn(column).data()
        index = view.indexBelow(index)
    return found


def titles(view):
    """Titles of the visible columns from left to right."""
    header = view.header()
    order = [header.logicalIndex(position) for position in range(header.count())]
    return [
        view.model().headerData(column, Qt.Orientation.Horizontal)
        for column in order
        if not header.isSectionHidden(column)
    ]


def test_findings_and_loss_come_first(view):
    assert titles(view)[:4] == ["Run", "Findings", "Since", "Loss"]
    assert "val_loss" in titles(view)
    loss = shown(view, "Loss")
    assert float(loss["run10"]) < float(loss["run2"])
    assert loss["broken"] == ""
    index = view.model().index(1, LOSS, view.rootIndex())
    (curve,) = index.data(CURVES)
    assert len(curve.steps) == len(curve.values) > 1


def test_names_stay_readable_in_a_narrow_list(view):
    view.resize(120, 300)
    view.columns.fit()
    whole = view.sizeHintForColumn(NAME)
    assert whole > view.viewport().width() / 2
    assert view.columnWidth(NAME) >= whole


def test_short_findings_leave_more_to_long_names(make_panel, simulation, tmp_path):
    for name in ("sigmoid", "tanh"):
        path = tmp_path / f"network-{name}-glorot_uniform-seed1"
        simulation.write(str(path), records=1, layers=1)
    panel = make_panel()
    letter = panel.view.fontMetrics().horizontalAdvance("n")
    panel.view.resize(53 * letter, 300)
    panel.runs.update(list_runs([str(tmp_path)]))
    panel.view.columns.fit()
    header = panel.view.header()
    assert header.sectionSize(NAME) >= panel.view.sizeHintForColumn(NAME)
    total = sum(map(header.sectionSize, (NAME, FINDINGS, SINCE, LOSS)))
    assert total <= panel.view.viewport().width()


def test_settings_and_metrics_are_added_in_the_menu(view):
    menu = view.columns.menu()
    settings = [one for one in menu.actions() if one.text() == "Hyperparameters"][-1]
    names = [one.text() for one in settings.menu().actions()]
    # Settings that the runs share are in a separate menu.
    assert names[:1] == ["layers"]
    assert "activation" not in names
    settings.menu().actions()[0].trigger()
    menu.close()
    assert shown(view, "layers") == {
        "broken": "",
        "run2": "2",
        "run3": "3",
        "run10": "10",
    }
    assert titles(view)[-1] == "layers"
    view.columns.add(ERROR)
    assert titles(view)[-2:] == ["layers", "error"]
    view.columns.remove(LAYERS)
    assert titles(view)[-1] == "error"
    assert float(shown(view, "error")["run2"]) > 0


def test_runs_without_a_value_come_last_in_either_order(view):
    view.columns.add(RATE)
    column = column_of(view, RATE.title)
    view.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert [*shown(view, RATE.title)] == ["run2", "run10", "broken", "run3"]
    view.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert [*shown(view, RATE.title)][:2] == ["run10", "run2"]


def test_columns_that_no_run_can_fill_are_hidden(view):
    view.columns.add(Extra(Kind.METRIC, "accuracy"))
    assert "accuracy" not in titles(view)


def test_columns_are_remembered_by_name(view, make_view, tmp_path):
    preferences = Preferences(tmp_path / "preferences.json")
    view.columns.add(ERROR)
    view.columns.add(LAYERS)
    view.setColumnHidden(RECORDS, False)
    view.header().moveSection(view.header().visualIndex(column_of(view, "layers")), 1)
    view.setColumnWidth(LOSS, 222)
    view.sortByColumn(column_of(view, "layers"), Qt.SortOrder.DescendingOrder)
    view.columns.save(preferences)
    again = make_view()
    again.columns.restore(Preferences(preferences.path))
    assert titles(again) == titles(view)
    assert titles(again)[:2] == ["Run", "layers"]
    assert again.columnWidth(LOSS) == 222
    assert [*shown(again, "layers")][:3] == ["run10", "run3", "run2"]
    again.columns.reset()
    assert titles(again)[:3] == ["Run", "Findings", "Since"]


def test_there_is_a_limit_of_added_columns(view):
    for number in range(MAX_EXTRAS + 3):
        view.columns.add(Extra(Kind.SETTING, f"s{number}"))
    assert len(view.model().sourceModel().extras) == MAX_EXTRAS


def test_the_runs_decide_which_columns_there_are(view):
    found = available(view.model().sourceModel().runs())
    assert [one.name for one in found.metrics[:2]] == ["loss", "val_loss"]
    assert LAYERS in found.differing
    assert Extra(Kind.SETTING, "activation") in found.alike


KEYS = st.sampled_from([*FIXED, "metric:loss", "setting:layers", "setting:", "x", ""])
WIDTHS = st.one_of(st.integers(-5, 500), st.integers(), st.booleans(), st.text())
PLACES = st.lists(st.tuples(KEYS, WIDTHS, st.booleans()).map(list), max_size=12)


@given(
    places=st.one_of(PLACES, st.text(), st.none()),
    sorted_by=st.one_of(st.tuples(KEYS, st.booleans()).map(list), st.integers()),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_preferences_leave_usable_columns(view, tmp_path, places, sorted_by):
    preferences = Preferences(tmp_path / "preferences.json")
    preferences.update({COLUMNS: places, SORTED: sorted_by})
    view.columns.restore(preferences)
    assert "Run" in titles(view)
    header = view.header()
    assert max(header.sectionSize(column) for column in range(COLUMN_COUNT)) <= 2000
    assert len(shown(view, "Run")) == 4
    view.columns.save(preferences)
