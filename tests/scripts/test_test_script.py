"""The lists of tests in scripts/test."""

import importlib.machinery
import importlib.util

import pytest


@pytest.fixture
def script(monkeypatch, request):
    folder = request.config.rootpath / "scripts"
    monkeypatch.syspath_prepend(folder)
    loader = importlib.machinery.SourceFileLoader("test_script", str(folder / "test"))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(loader.name, loader)
    )
    # Without a cache file beside the script.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    return module


def test_listed_paths_exist(script, request):
    listed = (*script.BACKEND_FOLDERS, *script.QUICK_TESTS, *script.NOT_QUICK)
    for path in (*listed, *script.SPELLED):
        assert (request.config.rootpath / path).exists(), path
    files = {
        file.name
        for folder in script.BACKEND_FOLDERS
        for file in (request.config.rootpath / folder).rglob("test_*.py")
    }
    assert files >= script.ANY_BACKEND
