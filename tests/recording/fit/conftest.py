"""Fixtures of the tests of `fit`."""

import sys
from pathlib import Path

import pytest

# Tests are not a package, so the helper module is imported from its folder.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("small_fit")

from small_fit import fit, make_model, statistics  # noqa: E402


@pytest.fixture
def plain_run(tmp_path):
    """A run of ordinary training, for comparison."""
    path = str(tmp_path / "plain")
    fit(make_model(), statistics(path))
    return path
