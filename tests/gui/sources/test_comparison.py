import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figures.style import LIGHT
from keras_xavier.runs import State
from keras_xavier.statistics import Layer
from keras_xavier_gui.sources.comparison import (
    SAFE_COLORS,
    assign_colors,
    compare,
    unique_names,
)
from keras_xavier_gui.sources.listing import find_moves, list_runs
from keras_xavier_gui.sources.run_cache import Snapshot

NAMES = st.sampled_from(["tanh", "tanh.zarr", "relu.zarr", "a\x00.zarr", "a\x01.zarr"])
FOLDERS = st.lists(st.sampled_from("abc"), max_size=3).map("/".join)
PATHS = st.builds("/runs/{}/{}".format, FOLDERS, NAMES)


@given(st.lists(PATHS, unique=True))
def test_names_are_unique_and_no_longer_than_necessary(paths):
    names = unique_names(paths)
    assert [*names] == paths
    assert len({*names.values()}) == len(paths)
    for path, name in names.items():
        last = path.rpartition("/")[2].removesuffix(".zarr")
        others = [one.rpartition("/")[2] for one in paths if one != path]
        if last.isprintable() and not any(one.startswith(last) for one in others):
            assert name == last


def test_equal_names_are_preceded_by_the_folders_that_differ():
    paths = ["/r/may/lr1/tanh.zarr", "/r/june/lr1/tanh.zarr", "/r/june/relu.zarr"]
    assert [*unique_names(paths).values()] == ["may/lr1/tanh", "june/lr1/tanh", "relu"]


@given(
    st.lists(st.integers(0, 99), unique=True, max_size=20),
    st.dictionaries(st.integers(0, 99), st.integers(0, 30)),
)
def test_compared_runs_have_colors_of_their_own(runs, last):
    paths = [*map(str, runs)]
    colors = assign_colors(paths, {str(run): color for run, color in last.items()})
    assert [*colors] == paths
    assert len({*colors.values()}) == len(paths)
    # Safe colors are used before others.
    assert all(color < max(SAFE_COLORS, len(paths)) for color in colors.values())
    assert assign_colors(paths, colors) == colors


def test_there_are_as_many_safe_colors_as_figures_have():
    assert len(LIGHT.runs) == SAFE_COLORS


def snapshot(path, *layers):
    rows = tuple(Layer(name, "Dense", "tanh", 9, 90) for name in layers)
    return Snapshot(path, "", 0, rows, state=State.FINISHED)


def test_layers_of_all_compared_runs_are_listed():
    short = snapshot("/runs/a.zarr", "hidden_1", "hidden_2", "output")
    deep = snapshot("/runs/b.zarr", "hidden_1", "hidden_2", "hidden_3", "output")
    compared = compare([short, deep], {})
    names = [layer.name for layer in compared.layers]
    assert names == ["hidden_1", "hidden_2", "hidden_3", "output"]
    assert [run.name for run in compared.runs] == ["a", "b"]


@pytest.fixture
def listed(simulation, tmp_path):
    """Returns a function that lists the runs of a folder with one run."""
    simulation.write(str(tmp_path / "runs" / "tanh"), records=1)
    return lambda: list_runs([str(tmp_path / "runs")]).entries


def test_a_run_moved_by_another_program_is_recognized(listed, tmp_path):
    before = listed()
    runs = tmp_path / "runs"
    (runs / "deep").mkdir()
    (runs / "tanh.zarr").rename(runs / "deep" / "new.zarr")
    moves = {str(runs / "tanh.zarr"): str(runs / "deep" / "new.zarr")}
    assert find_moves(before, listed()) == moves
    # Of two copies, neither is the run.
    shutil.copytree(runs / "deep" / "new.zarr", runs / "copy.zarr")
    assert find_moves(before, listed()) == {}
    assert find_moves([before[0].as_missing()], listed()) == {}


def test_a_copy_and_a_deleted_run_are_no_moved_runs(listed, tmp_path):
    before, runs = listed(), tmp_path / "runs"
    shutil.copytree(runs / "tanh.zarr", runs / "copy.zarr")
    assert find_moves(before, listed()) == {}
    shutil.rmtree(runs / "tanh.zarr")
    shutil.rmtree(runs / "copy.zarr")
    assert find_moves(before, listed()) == {}
