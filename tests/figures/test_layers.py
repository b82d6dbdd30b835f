import pytest

from keras_xavier.figures.facets import select
from keras_xavier.figures.functions import require_layers


def test_all_layers_are_visible_unless_some_are_named():
    assert select(("a", "b"), None).tolist() == [True, True]
    assert select(("a", "b"), {"b", "other"}).tolist() == [False, True]
    assert select((), None).tolist() == []


def test_the_error_for_an_unknown_layer_lists_the_known_layers():
    require_layers(("a", "b"), [])
    require_layers(("a", "b"), ["b"])
    with pytest.raises(ValueError, match=r"no such layer: c\. Allowed: a, b"):
        require_layers(("a", "b"), ["b", "c"])
