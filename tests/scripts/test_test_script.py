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


@pytest.mark.parametrize("nightly", [False, True])
def test_every_file_runs_in_some_phase(script, request, monkeypatch, nightly):
    root = request.config.rootpath

    def files_in(path):
        return {*root.joinpath(path).rglob("test_*.py")} or {root / path}

    run = set()

    def note_files(python, title, *arguments):
        chosen = [one for one in arguments if one.startswith("tests")] or ["tests"]
        ignored = [
            one.removeprefix("--ignore=")
            for one in arguments
            if one.startswith("--ignore=")
        ]
        found, left_out = (
            set().union(*map(files_in, paths)) for paths in (chosen, ignored)
        )
        run.update(found - left_out)

    monkeypatch.setattr(script, "run_tests", note_files)
    for name in ("KERAS_BACKEND", "QT_API"):
        monkeypatch.setenv(name, "")
    script.run_all_tests(root, nightly=nightly)
    assert run == files_in("tests")
