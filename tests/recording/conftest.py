"""Fixtures of the tests of LayerStatistics."""

import sys
from pathlib import Path

import pytest

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))

from four_updates import make_model


@pytest.fixture
def model():
    return make_model()


@pytest.fixture
def run(tmp_path):
    return str(tmp_path / "run")
