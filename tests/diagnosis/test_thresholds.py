"""Thresholds of the rules."""

from dataclasses import fields

import pytest

from keras_xavier.diagnosis import Thresholds


@pytest.mark.parametrize("name", [field.name for field in fields(Thresholds)])
def test_each_threshold_is_documented_and_must_be_positive(name):
    assert f"\n        {name}: " in Thresholds.__doc__
    for value in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"`{name}` must be a positive number"):
            Thresholds(**{name: value})
