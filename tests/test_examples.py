"""Runs the examples in docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import keras_xavier

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keras_xavier.__path__, "keras_xavier.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert failed == 0
