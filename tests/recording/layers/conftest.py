"""Fixtures of the tests that train one update."""

import sys
from pathlib import Path

import keras
import pytest

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("one_update")


@pytest.fixture(autouse=True)
def seed():
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)


@pytest.fixture(params=["batch", "probe"])
def source(request):
    return request.param
