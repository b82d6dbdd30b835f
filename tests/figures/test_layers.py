import pytest

from keras_xavier.figures.facets import select
from keras_xavier.figures.functions import require_layers


def test_all_layers_are_visible_unless_some_are_named():
    assert select(("a", "b"), None).tolist() == [True, True]
    assert select(("a", "b"), {"b", "other"}).tolist() == [False, True]
    assert select((), None).tolist() == []


def test_an_unknown_layer_is_named_with_the_known_ones():
    require_layers(("a", "b"), None)
    require_layers(("a", "b"), ["b"])
    with pytest.raises(ValueError, match=r"no such layer: c\. Allowed: a, b"):
        require_layers(("a", "b"), ["b", "c"])
