"""A view of the window as data, and from a file that may be damaged."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_xavier.figure_spec import FIGURES
from keras_xavier_gui.history.view_state import ViewState, from_dict

WORDS = st.text(max_size=8)
LIMITS = st.tuples(*[st.floats(-1e9, 1e9)] * 2)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=3),
    max_leaves=6,
)


@st.composite
def states(draw):
    figure = draw(st.none() | st.sampled_from([*FIGURES]))
    options = FIGURES[figure].parse_options({}) if figure else {}
    return ViewState(
        runs=tuple(draw(st.lists(WORDS, max_size=3))),
        tab=draw(WORDS),
        figure=figure,
        options=tuple(options.items()),
        hidden=frozenset(draw(st.lists(WORDS, max_size=3))),
        hidden_runs=frozenset(draw(st.lists(WORDS, max_size=3))),
        step=draw(st.none() | st.integers(0, 10**9)),
        page=draw(st.integers(0, 999)),
        views=tuple(draw(st.lists(st.tuples(LIMITS, LIMITS), max_size=2))),
    )


@given(state=states())
def test_a_view_is_the_same_after_a_file(state):
    assert from_dict(json.loads(json.dumps(state.as_dict()))) == state


@given(
    key=st.sampled_from(
        [
            *("runs", "tab", "figure", "options", "hidden", "hidden_runs", "extra"),
            *("step", "page", "views"),
        ]
    ),
    value=JSON,
)
def test_a_damaged_view_is_a_view_or_a_value_error(key, value):
    values = ViewState(("a",), "Overview", "overview").as_dict() | {key: value}
    with contextlib.suppress(ValueError):
        assert from_dict(values).as_dict()


@pytest.mark.parametrize("values", [None, [], {}, {"tab": 3}])
def test_what_is_no_view_is_rejected(values):
    with pytest.raises(ValueError, match="must be"):
        from_dict(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("quantity", {}), ("quantity", []), ("layers", 1.5), ("layers", [1])),
        *(("smoothing", "log"), ("smoothing", float("inf")), ("smoothing", True)),
        *(("smoothing", 10**400), ("log_steps", 1), ("full_range", []), ("band", 3)),
    ],
)
def test_options_of_another_type_are_rejected(name, value):
    values = ViewState(("a",), "Layer curves", "layer-curves").as_dict()
    with pytest.raises(ValueError, match=f"`{name}` must be of type"):
        from_dict(values | {"options": {name: value}})
