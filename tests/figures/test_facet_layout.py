from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figures.facet_layout import (
    MOST_OVERLAID,
    arrange_maps,
    arrange_ridges,
    most_ridges,
)
from keras_xavier.figures.facets import MOST_PANELS

HIDDEN = tuple(f"hidden_{i}" for i in range(1, 6))
DEEP = (*HIDDEN, "output")
SHALLOW = (*HIDDEN[:4], "output")
OTHER = ("conv_1", "conv_2", "dense")

layers = st.lists(st.sampled_from([f"layer_{i}" for i in range(12)]), unique=True).map(
    tuple
)
runs = st.lists(layers, max_size=16)
visible = st.none() | st.lists(st.sampled_from([f"layer_{i}" for i in range(12)]))


def names_of(runs):
    return [f"run_{i}" for i in range(len(runs))]


def overlaid(names, layers, visible=None):
    return arrange_ridges(names, layers, visible, "layers")


def chosen(arrangement):
    return [arrangement.chosen(run) for run in arrangement.shown]


@given(runs, visible, st.sampled_from([arrange_maps, arrange_ridges, overlaid]))
def test_the_number_of_panels_is_limited(runs, visible, how):
    found = how(names_of(runs), runs, visible)
    assert len(found.panels) <= MOST_PANELS
    assert len(found.titles()) == max(len(found.panels), 1)
    assert 1 <= found.columns <= max(len(found.panels), 1)
    assert found.rows * found.columns >= len(found.panels)
    assert most_ridges(found) >= 4
    # Every run with visible layers is shown, up to the limit.
    wanted = [one for one in runs if visible is None or set(one) & set(visible)]
    most = MOST_OVERLAID if how is overlaid else MOST_PANELS
    assert len(found.shown) == min(len([one for one in wanted if one]), most)
    for run in found.shown:
        names = found.chosen(run)
        assert names
        assert set(names) <= set(runs[run] if visible is None else visible)
        assert len(set(names)) == len(names)


@given(runs, st.sampled_from([arrange_maps, arrange_ridges, overlaid]))
def test_the_selection_of_layers_is_stable(runs, how):
    found = how(names_of(runs), runs)
    names = [f"run_{i}" for i in found.shown]
    again = how(names, chosen(found))
    assert list(map(set, chosen(again))) == list(map(set, chosen(found)))


@given(runs)
def test_a_line_shows_the_same_layer_of_all_runs_if_they_share_layers(runs):
    found = arrange_maps(names_of(runs), runs)
    shown = [set(runs[run]) for run in found.shown]
    if len(shown) > 1 and set.intersection(*shown):
        for line in found.lines:
            assert len({found.layer(key) for key in line if key is not None}) == 1


@pytest.mark.parametrize(
    ("how", "several", "columns", "rows"),
    [
        (arrange_maps, 2, 2, 4),
        (arrange_maps, 3, 3, 4),
        (arrange_maps, 4, 4, 3),
        (arrange_maps, 6, 6, 2),
        (arrange_maps, 8, 4, 2),
        (arrange_ridges, 2, 4, 2),
        (arrange_ridges, 4, 3, 4),
        (arrange_ridges, 6, 6, 2),
        (overlaid, 5, 4, 1),
    ],
)
def test_a_run_is_a_column_of_maps_or_a_row_of_ridgelines(how, several, columns, rows):
    found = how(names_of(range(several)), [DEEP] * several)
    assert (found.columns, found.rows) == (columns, rows)


def test_a_single_run_shows_as_many_layers_as_fit():
    assert arrange_maps(["deep"], [DEEP]).chosen(0) == [*DEEP]
    assert arrange_ridges(["deep"], [DEEP]).chosen(0) == [
        *("hidden_1", "hidden_3", "hidden_4", "output")
    ]


def test_layers_that_both_runs_have_come_first():
    found = arrange_maps(["deep", "shallow"], [DEEP, SHALLOW])
    assert chosen(found) == [["hidden_1", "hidden_2", "hidden_4", "output"]] * 2


def test_layers_of_a_single_run_fill_the_remaining_room():
    found = arrange_maps(
        ["deep", "shallow"], [DEEP, SHALLOW], ["hidden_4", "hidden_5", "output"]
    )
    assert chosen(found) == [["hidden_4", "hidden_5", "output"], ["hidden_4", "output"]]
    assert found.titles() == [
        *("deep\nhidden_4", "shallow\nhidden_4"),
        *("hidden_5", "no hidden_5"),
        *("output", "output"),
    ]


def test_layers_without_common_names_are_aligned_by_depth():
    found = arrange_maps(["deep", "other"], [DEEP, OTHER])
    assert chosen(found) == [["hidden_1", "hidden_3", "hidden_4", "output"], [*OTHER]]
    assert found.titles()[-2:] == ["output", "no output"]
    assert overlaid(["deep", "other"], [DEEP, OTHER]).titles() == [
        *("hidden_1 / conv_1", "hidden_3 / conv_2", "hidden_4 / dense", "output")
    ]


def test_the_title_of_a_row_names_its_run():
    found = arrange_ridges(["tanh", "sigmoid"], [OTHER, OTHER])
    assert found.titles() == [
        *("tanh\nconv_1", "conv_2", "dense", "sigmoid\nconv_1", "conv_2", "dense")
    ]


def test_titles_name_run_and_layer_if_each_run_has_one_panel():
    found = arrange_maps(["tanh", "sigmoid", "relu"], [["dense"]] * 3)
    assert found.titles() == ["tanh\ndense", "sigmoid\ndense", "relu\ndense"]


def test_a_run_without_visible_layers_has_no_panel():
    found = arrange_maps(["deep", "other"], [DEEP, OTHER], ["dense"])
    assert found.shown == (1,)
    assert found.titles() == ["other\ndense"]


def test_long_names_stay_distinct_in_narrow_panels():
    names = [f"shapeset3x2-tanh-standard-5x200-seed{i}" for i in range(3)]
    titles = arrange_maps(names, [DEEP] * 3).titles(14)
    lines = list(chain.from_iterable(title.split("\n") for title in titles))
    assert max(map(len, lines)) <= 14
    assert len({title.split("\n")[0] for title in titles[:3]}) == 3


def test_remarks_count_omitted_runs_and_layers():
    found = arrange_maps(names_of(range(15)), [DEEP] * 15)
    assert found.remarks([DEEP] * 15, 15) == ["12 of 15 runs", "1 of 6 layers"]
    found = arrange_maps(["deep", "shallow"], [DEEP, SHALLOW])
    assert found.remarks([[*DEEP, "softmax"], SHALLOW], 2) == ["4 of up to 7 layers"]
    assert arrange_maps(["a", "b"], [OTHER, OTHER]).remarks([OTHER] * 2, 2) == []


def test_remarks_name_omitted_layers_if_there_are_few():
    found = arrange_ridges(["deep"], [DEEP])
    assert found.remarks([DEEP], 1) == ["4 of 6 layers, without hidden_2 and hidden_5"]
    # Only layers that have a panel were read.
    found = arrange_ridges(["deep"], [found.chosen(0)])
    assert found.remarks([DEEP], 1) == ["4 of 6 layers, without hidden_2 and hidden_5"]
    long = "encoder/block_12/attention/query_projection"
    (remark,) = found.remarks([[*found.chosen(0), long]], 1)
    assert remark == "4 of 5 layers, without encoder/block_…projection"
