"""Runs in groups: by hyperparameters with mean and spread, and by finding."""

import statistics

import pytest

from keras_xavier.diagnosis import Finding, Report, Severity
from keras_xavier.figure_spec import FigureSpec
from keras_xavier.runs import open_run
from keras_xavier_gui.qt import Qt, QtCore
from keras_xavier_gui.run_panel.columns import (
    FINDINGS,
    FIXED,
    LOSS,
    NAME,
    STATE,
    Extra,
    Kind,
)
from keras_xavier_gui.run_panel.digest import digest
from keras_xavier_gui.run_panel.grouping import Grouping
from keras_xavier_gui.run_panel.row_roles import CURVES
from keras_xavier_gui.run_panel.settings import spread
from keras_xavier_gui.sources.listing import list_runs


def found(*titles, severity=Severity.ERROR, layers=("hidden_1", "hidden_2")):
    findings = [
        Finding(
            title.lower().replace(" ", "_"),
            *(severity, layers, (400, 900), (), FigureSpec("overview")),
            *(f"Summary of {title}.", "", "", ""),
        )
        for title in titles
    ]
    return Report(tuple(findings), ("loss rising",), ())


@pytest.fixture(scope="module")
def folder(simulation, tmp_path_factory):
    """Three seeds of two layers, two seeds of three layers, one run of four."""
    runs = tmp_path_factory.mktemp("grouping") / "runs"
    for layers, seeds in ((2, 3), (3, 2), (4, 1)):
        for seed in range(seeds):
            place = runs / "deep" if seed == 1 else runs
            simulation.write(
                str(place / f"{layers}layers-seed{seed}"),
                records=2 + seed,
                layers=layers,
                attributes={"seed": seed, "model": {"name": f"sequential_{seed}"}},
            )
    return runs


@pytest.fixture
def panel(make_panel, folder):
    made = make_panel()
    made.runs.update(list_runs([str(folder)]))
    for node in made.runs.runs():
        made.runs.show_digest(node.path, digest(open_run(node.path)), None, "")
    return made


def tree(view, column=NAME, parent=None):
    """Texts of a column; a folder is followed by the list of its rows."""
    parent = view.rootIndex() if parent is None else parent
    rows = []
    for row in range(view.model().rowCount(parent)):
        index = view.model().index(row, NAME, parent)
        rows.append(index.siblingAtColumn(column).data())
        if view.model().rowCount(index):
            rows.append(tree(view, column, index))
    return rows


def group_of(view, name):
    """The row of a group."""
    model, root = view.model(), view.rootIndex()
    rows = [model.index(row, NAME, root) for row in range(model.rowCount(root))]
    (found,) = [row for row in rows if row.data() == name]
    return found


def test_runs_that_differ_in_their_seed_form_a_group(panel):
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    single, two, runs_of_two, three, runs_of_three = tree(panel.view)
    assert [two, three] == ["layers=2", "layers=3"]
    assert [len(runs_of_two), len(runs_of_three)] == [3, 2]
    assert "4layers" in single
    assert group_of(panel.view, two).siblingAtColumn(STATE).data() == "3 runs"


def test_a_group_shows_mean_and_spread(panel, folder):
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    view = panel.view
    group = group_of(view, "layers=2")
    last = [
        float(run.digest.last["loss"])
        for run in panel.runs.runs()
        if "2layers" in run.path
    ]
    mean, deviation = statistics.fmean(last), statistics.stdev(last)
    loss = group.siblingAtColumn(LOSS)
    assert loss.data() == f"{mean:#.3g} ± {deviation:#.2g}"
    assert len(loss.data(CURVES)) == 3
    tip = loss.data(Qt.ItemDataRole.ToolTipRole)
    assert "sample standard deviation of 3 runs" in tip
    assert "different lengths: steps 100 to 300" in tip
    view.columns.add(Extra(Kind.SETTING, "layers"))
    view.columns.add(Extra(Kind.SETTING, "seed"))
    view.columns.add(Extra(Kind.METRIC, "error"))
    group = group_of(view, "layers=2")
    row = [group.siblingAtColumn(len(FIXED) + slot).data() for slot in (1, 2, 3)]
    assert row[:2] == ["2", ""]
    assert "±" in row[2]


def test_the_mean_of_values_near_the_largest_float_is_finite():
    assert spread([1.7e308, 1.7e308]) == (1.7e308, 0.0)
    assert spread([0.0, 0.0]) == (0.0, 0.0)


def test_values_that_are_not_finite_are_mentioned(panel, folder):
    for node in panel.runs.runs():
        if "2layers-seed0" in node.path:
            changed = node.digest.__class__(
                {"loss": float("nan")}, {"loss": 100}, "loss", node.digest.curve
            )
            panel.runs.show_digest(node.path, changed, None, "")
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    loss = group_of(panel.view, "layers=2").siblingAtColumn(LOSS)
    assert loss.data().endswith("(2 of 3)")


def test_equal_findings_are_folded(panel):
    for node in panel.runs.runs():
        titles = ("Dead units",) if "2layers" in node.path else ()
        if "seed2" in node.path:
            titles = ("Dead units", "Loss rising")
        panel.runs.show_digest(node.path, node.digest, found(*titles), "")
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    _, two, runs_of_two, three, _ = tree(panel.view, FINDINGS)
    assert two == "3 of 3: Dead units (+1)"
    assert "hidden_1 +1: Dead units" in runs_of_two
    assert three == "no problems"
    panel.set_grouping(Grouping.FINDING)
    assert tree(panel.view) == [
        *("Dead units", tree(panel.view)[1]),
        *("No problems found", tree(panel.view)[3]),
    ]
    assert len(tree(panel.view)[1]) == len(tree(panel.view)[3]) == 3
    panel.set_grouping(Grouping.FOLDER)
    deep = panel.view.model().index(0, NAME, panel.view.rootIndex())
    assert deep.siblingAtColumn(FINDINGS).data() == "1 of 2: Dead units"


def test_the_selection_survives_grouping(panel, folder, qtbot):
    view, chosen = panel.view, []
    path = str(folder / "deep" / "2layers-seed1.zarr")
    view.choose(path, str(folder / "4layers-seed0.zarr"))
    view.chosen.connect(chosen.append)
    before = {*view.selected_paths()}
    for grouping in (*Grouping, Grouping.FOLDER):
        panel.set_grouping(grouping)
        assert {*view.selected_paths()} == before
        # All rows are visible.
        index = view.model().mapFromSource(panel.runs.find(path))
        assert not view.visualRect(index).isEmpty()
    assert all({*paths} == before for paths in chosen)
    view.filter.setText("seed1")
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    assert "layers=2" in tree(view)
    assert view.selected_paths() == (path,)


def test_all_runs_of_a_group_are_selected(panel):
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    panel.view.setCurrentIndex(group_of(panel.view, "layers=3"))
    panel.view.choose_all_within()
    names = sorted(path.rpartition("/")[2] for path in panel.view.selected_paths())
    assert names == ["3layers-seed0.zarr", "3layers-seed1.zarr"]


def test_new_runs_join_their_group(panel, folder, simulation, tmp_path):
    panel.set_grouping(Grouping.HYPERPARAMETERS)
    assert len(tree(panel.view)) == 5
    for seed in (7, 8):
        simulation.write(
            str(tmp_path / f"seed{seed}"),
            records=1,
            layers=3 + seed % 2,
            attributes={"seed": seed},
        )
    panel.runs.update(list_runs([str(folder), str(tmp_path)]))
    assert [len(rows) for rows in tree(panel.view)[1::2]] == [3, 3, 2]


def test_the_model_stays_valid(panel, qtmodeltester, folder):
    for grouping in (*Grouping, Grouping.FOLDER):
        panel.set_grouping(grouping)
        qtmodeltester.check(panel.runs)
        assert len(panel.runs.entries) == 6
    panel.runs.drop([str(folder / "deep" / "2layers-seed1.zarr")])
    qtmodeltester.check(panel.runs)
    assert panel.runs.rowCount(QtCore.QModelIndex()) == 1
