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
from keras_xavier.figures.paging import MOST_IN_FILE, MOST_PANELS

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


def overlaid(names, layers, visible=None, **how):
    return arrange_ridges(names, layers, visible, "layers", **how)


def pages_of(how, names, layers, visible=None):
    count = how(names, layers, visible).pages
    return [how(names, layers, visible, page=page) for page in range(count)]


def chosen(arrangement):
    return [arrangement.chosen(run) for run in arrangement.shown]


@given(runs, visible, st.sampled_from([arrange_maps, arrange_ridges, overlaid]))
def test_the_pages_have_all_layers_of_all_runs(runs, visible, how):
    pages = pages_of(how, names_of(runs), runs, visible)
    wanted = [
        (i, j)
        for i, of in enumerate(runs)
        for j, name in enumerate(of)
        if visible is None or name in visible
    ]
    assert sorted(key for page in pages for key in page.keys) == wanted
    for found in pages:
        assert len(found.panels) <= MOST_PANELS
        assert len(found.titles()) == max(len(found.panels), 1)
        assert 1 <= found.columns <= max(len(found.panels), 1)
        assert found.rows * found.columns >= len(found.panels)
        assert most_ridges(found) >= 4
        if how is overlaid:
            assert len(found.shown) <= MOST_OVERLAID
        shown = found.count_shown(runs)
        assert shown.runs == len({i for i, _ in found.keys}) == len(found.shown)
        assert shown.layers == len({found.layer(key) for key in found.keys})
        assert shown.all_layers == len({name for of in runs for name in of})


@given(runs, st.sampled_from([arrange_maps, arrange_ridges, overlaid]))
def test_the_layers_of_a_page_have_panels_when_only_they_are_read(runs, how):
    for found in pages_of(how, names_of(runs), runs):
        names = [f"run_{i}" for i in found.shown]
        again = how(names, chosen(found), whole=True)
        assert again.pages == 1
        # Runs can disagree about the order.
        assert list(map(sorted, chosen(again))) == list(map(sorted, chosen(found)))


@given(runs, st.sampled_from([arrange_maps, arrange_ridges, overlaid]))
def test_a_figure_that_grows_has_all_layers_of_a_few_runs(runs, how):
    runs = runs[:4]
    found = how(names_of(runs), runs, whole=True)
    assert found.pages == 1
    assert len(found.panels) <= MOST_IN_FILE
    assert found.columns <= 4
    assert sorted(found.keys) == [
        (i, j) for i, of in enumerate(runs) for j in range(len(of))
    ]


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
        (arrange_maps, 2, 2, 3),
        (arrange_maps, 3, 3, 3),
        (arrange_maps, 4, 4, 3),
        (arrange_maps, 6, 6, 2),
        (arrange_maps, 8, 4, 2),
        (arrange_ridges, 2, 3, 2),
        (arrange_ridges, 4, 3, 4),
        (arrange_ridges, 6, 6, 2),
        (overlaid, 5, 3, 1),
    ],
)
def test_a_run_is_a_column_of_maps_or_a_row_of_ridgelines(how, several, columns, rows):
    found = how(names_of(range(several)), [DEEP] * several)
    assert (found.columns, found.rows) == (columns, rows)


def test_layers_are_in_model_order_on_all_pages():
    assert arrange_maps(["deep"], [DEEP]).chosen(0) == [*DEEP]
    pages = pages_of(arrange_ridges, ["deep"], [DEEP])
    assert [page.chosen(0) for page in pages] == [[*DEEP[:3]], [*DEEP[3:]]]
    assert arrange_ridges(["deep"], [DEEP], page=9) == pages[-1]
    first, second = pages_of(arrange_maps, ["deep", "shallow"], [DEEP, SHALLOW])
    assert chosen(first) == [[*DEEP[:3]]] * 2
    assert chosen(second) == [[*DEEP[3:]], ["hidden_4", "output"]]


def test_a_panel_of_a_layer_that_a_run_lacks_is_empty():
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
    layers = [DEEP[-4:], OTHER]
    found = arrange_maps(["deep", "other"], layers, whole=True)
    assert chosen(found) == [[*DEEP[-4:]], [*OTHER]]
    assert found.titles()[-2:] == ["output", "no output"]
    assert overlaid(["deep", "other"], layers).titles() == [
        *("hidden_3 / conv_1", "hidden_4 / conv_2", "hidden_5 / dense", "output")
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
