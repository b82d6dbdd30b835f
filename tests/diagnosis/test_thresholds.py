"""Limits, each with a reason."""

from dataclasses import fields

import pytest

from keras_xavier.diagnosis import Thresholds


@pytest.mark.parametrize("name", [field.name for field in fields(Thresholds)])
def test_each_has_a_reason_and_refuses_what_is_no_positive_number(name):
    assert f"\n        {name}: " in Thresholds.__doc__
    for value in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"`{name}` must be a positive number"):
            Thresholds(**{name: value})
