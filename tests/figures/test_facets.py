import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.lines import Line2D

from keras_xavier.figure_spec import Facet
from keras_xavier.figures import DARK, LIGHT
from keras_xavier.figures.facets import Compared, compare
from keras_xavier.figures.paging import MOST_PANELS
from keras_xavier.layer_order import merge_names

FIRST = Compared("tanh", 0, ("hidden_1", "hidden_2", "output"))
SECOND = Compared("sigmoid", 3, ("hidden_1", "output"))
names = st.lists(st.sampled_from([f"layer_{i}" for i in range(20)]), unique=True)


@st.composite
def runs(draw):
    indices = draw(st.lists(st.integers(0, 40), max_size=16, unique=True))
    return [Compared(f"run_{i}", i, tuple(draw(names))) for i in indices]


visible = st.none() | names


def artist(_):
    return Line2D([], [])


@given(runs(), visible, st.sampled_from(Facet))
def test_each_visible_layer_has_one_place_on_the_pages(runs, visible, how):
    shown = compare(runs, visible, how)
    wanted = {
        (i, j)
        for i, run in enumerate(runs)
        for j, name in enumerate(run.layers)
        if visible is None or name in visible
    }
    assert set(shown.keys) == wanted
    assert set(shown.places) <= wanted
    things = {
        Facet.AUTO: max(len(runs), 1),
        Facet.TOGETHER: 1,
        Facet.LAYERS: len({shown.layer(key) for key in wanted}),
        Facet.RUNS: len(runs),
        Facet.STACKED: len(runs),
    }[how]
    pages = [compare(runs, visible, how, page=page) for page in range(shown.pages)]
    assert sum(len(page.titles) for page in pages) == max(things, 1)
    assert sum(len(page.places) for page in pages) == len(wanted)
    assert {key for page in pages for key in page.places} == wanted
    for page in pages:
        assert len(page.titles) <= MOST_PANELS
        assert all(0 <= panel < len(page.titles) for panel in page.places.values())
        assert 1 <= page.columns <= len(page.titles)
        for key in page.places:
            assert page.color(key, LIGHT) == shown.color(key, LIGHT)
            assert page.line_style(key) == shown.line_style(key)


@given(runs(), visible)
def test_layers_of_the_same_name_share_a_panel(runs, visible):
    shown = compare(runs, visible, "layers")
    for a, panel in shown.places.items():
        for b, other in shown.places.items():
            assert (panel == other) == (shown.layer(a) == shown.layer(b))


@given(runs(), visible)
def test_layers_of_the_same_run_share_a_panel(runs, visible):
    shown = compare(runs, visible, "runs")
    for a, panel in shown.places.items():
        for b, other in shown.places.items():
            assert (panel == other) == (a[0] == b[0])


@given(runs(), st.sampled_from([LIGHT, DARK]), st.sampled_from(["together", "layers"]))
def test_runs_keep_their_color_whichever_are_shown(runs, style, how):
    for i, run in enumerate(runs):
        others = runs[i:]
        if len(others) > 1 and run.layers:
            color = compare(others, None, how).color((0, 0), style)
            assert color == style.run_color(run.index)


@given(runs(), visible)
def test_layers_keep_their_color_whichever_are_visible(runs, visible):
    some, every = compare(runs, visible, "runs"), compare(runs, None, "runs")
    for key in some.keys:
        assert some.color(key, LIGHT) == every.color(key, LIGHT)


def test_layers_of_one_run_differ_in_color():
    shown = compare([FIRST], None, "together")
    colors = [shown.color(key, LIGHT) for key in shown.keys]
    assert colors == LIGHT.layer_colors(3)
    assert not shown.is_by_run


def test_layers_of_several_runs_differ_in_line_style():
    shown = compare([FIRST, SECOND], None, "together")
    assert shown.is_by_run
    assert shown.line_style((0, 0)) == shown.line_style((1, 0)) == "solid"
    # The output is the third layer of one and the second of the other.
    assert shown.line_style((0, 2)) == shown.line_style((1, 1)) != "solid"
    assert shown.line_style((0, 1)) != shown.line_style((0, 2))
    assert shown.marker((0, 2)) != shown.marker((0, 1))


def test_runs_differ_in_marker_if_each_layer_has_a_panel():
    shown = compare([FIRST, SECOND], None, "layers")
    assert {shown.line_style(key) for key in shown.keys} == {"solid"}
    assert shown.marker((0, 0)) == shown.marker((0, 2))
    assert shown.marker((0, 0)) != shown.marker((1, 0))


@pytest.mark.parametrize(
    ("how", "titles"),
    [
        ("together", [""]),
        ("layers", ["hidden_1", "hidden_2", "output"]),
        ("runs", ["tanh", "sigmoid"]),
    ],
)
def test_titles_name_runs_or_layers(how, titles):
    assert compare([FIRST, SECOND], None, how).titles == titles
    assert compare([], None, how).titles == [""]


@pytest.mark.parametrize(
    ("how", "columns"),
    [
        ("layers", {1: 1, 3: 1, 4: 2, 8: 2, 9: 3, 40: 3}),
        ("runs", {1: 1, 3: 3, 4: 2, 5: 3, 8: 4, 40: 4}),
    ],
)
def test_panels_side_by_side(how, columns):
    for count, expected in columns.items():
        runs = [FIRST] * count
        if how == "layers":
            runs = [Compared("tanh", 0, tuple(map(str, range(count))))]
        assert compare(runs, None, how).columns == expected


def test_the_last_page_is_shown_if_there_are_fewer_pages():
    layers = tuple(f"layer_{i}" for i in range(100))
    shown = compare([Compared("deep", 0, layers)], None, "layers", page=99)
    assert (shown.page, shown.pages) == (8, 9)
    assert shown.titles[-1] == "layer_99"
    assert shown.shown == (1, len(shown.titles), 100, "layers")


@given(st.lists(names, max_size=5))
def test_the_union_of_layers_has_each_layer_once(each):
    found = merge_names(each)
    assert len(found) == len(set(found))
    assert set(found) == {name for of in each for name in of}
    longest = max(each, key=len, default=[])
    assert [name for name in found if name in longest] == longest


@given(names, st.lists(st.sets(st.integers(0, 19)), max_size=4))
def test_the_union_of_parts_of_a_model_keeps_their_order(layers, parts):
    each = [[name for name in layers if int(name[6:]) in part] for part in parts]
    assert merge_names([layers, *each]) == layers


def test_the_legend_names_layers_and_runs():
    shown = compare([FIRST, SECOND], None, "together")
    layers, runs, what = shown.entries(LIGHT, artist)
    assert what == "layers"
    names = [(one.name, one.layer, one.run) for one in layers]
    assert names == [(name, name, "") for name in ("hidden_1", "hidden_2", "output")]
    assert {one.artist.get_color() for one in layers} == {LIGHT.muted}
    assert [(one.artist.get_color(), one.name, one.run) for one in runs] == [
        (LIGHT.run_color(0), "tanh", "tanh"),
        (LIGHT.run_color(3), "sigmoid", "sigmoid"),
    ]


def test_the_legend_names_only_runs_where_each_layer_has_a_panel():
    shown = compare([FIRST, SECOND], None, "layers")
    entries, always, what = shown.entries(LIGHT, artist)
    assert (what, always) == ("runs", [])
    assert [one.name for one in entries] == ["tanh", "sigmoid"]
    assert entries[0].artist.get_marker() == ""
    entries, _, _ = shown.entries(LIGHT, artist, has_markers=True)
    assert entries[0].artist.get_marker() == shown.marker((0, 0))


def test_the_legend_names_only_layers_where_each_run_has_a_panel():
    shown = compare([FIRST, SECOND], {"output"}, "runs")
    made = {key: artist(key) for key in shown.keys}
    entries, always, what = shown.entries(LIGHT, made.__getitem__)
    assert (what, always) == ("layers", [])
    assert [one.layer for one in entries] == ["hidden_1", "hidden_2", "output"]
    assert [one.is_hidden for one in entries] == [True, True, False]
    assert entries[2].artist is made[0, 2]


def test_long_names_stay_distinct():
    layers = tuple(f"encoder/block_{i}/attention/query_projection" for i in range(3))
    shown = compare([Compared("deep", 0, layers)], None, "layers")
    # Entries that do not fit are left out once the size of the panel is known.
    assert shown.titles == list(layers)
    assert len(set(shown.titles)) == 3


def test_layers_of_a_deeper_run_stay_in_order():
    shallow = Compared("shallow", 0, ("hidden_1", "output"))
    deep = Compared("deep", 1, ("hidden_1", "hidden_2", "output"))
    shown = compare([shallow, deep], None, "runs")
    assert shown.order == ["hidden_1", "hidden_2", "output"]
