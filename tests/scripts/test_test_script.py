"""The lists of tests in scripts/test."""

import pytest


@pytest.fixture
def script(load_script):
    return load_script("test")


def test_listed_paths_exist(script, request):
    tests = (*script.QUICK_TESTS, *script.NOT_QUICK, *script.PYSIDE6_TESTS)
    for path in (*script.BACKEND_FOLDERS, *tests, *script.SPELLED):
        assert (request.config.rootpath / path).exists(), path
    files = {
        file.name
        for folder in script.BACKEND_FOLDERS
        for file in (request.config.rootpath / folder).rglob("test_*.py")
    }
    assert files >= script.ANY_BACKEND
