"""The lists of tests in scripts/test."""

import pytest


@pytest.fixture
def script(load_script):
    return load_script("test")


def test_listed_paths_exist(script, request):
    tests = (*script.QUICK_TESTS, *script.NOT_QUICK)
    core = (*script.CORE_OF_BACKENDS, *script.CORE_OF_BINDINGS)
    for path in (*script.BACKEND_FOLDERS, *tests, *core, *script.SPELLED):
        assert (request.config.rootpath / path).exists(), path
    files = {
        file.name
        for folder in script.BACKEND_FOLDERS
        for file in (request.config.rootpath / folder).rglob("test_*.py")
    }
    assert files >= script.ANY_BACKEND
