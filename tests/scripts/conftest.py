import importlib.machinery
import importlib.util

import pytest


@pytest.fixture
def load_script(monkeypatch, request):
    """Function that loads a script without the suffix .py as a module."""
    folder = request.config.rootpath / "scripts"
    monkeypatch.syspath_prepend(folder)
    # Without a cache file beside the script.
    monkeypatch.setattr("sys.dont_write_bytecode", True)

    def load(name):
        loader = importlib.machinery.SourceFileLoader(name, str(folder / name))
        spec = importlib.util.spec_from_loader(loader.name, loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module

    return load
