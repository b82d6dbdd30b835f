"""Registers Shapeset-3×2 with tensorflow-datasets, without importing the latter.

Defining the class of a builder registers it, but requires importing
tensorflow-datasets, which takes half a second. So the builder is imported only after
something else has imported tensorflow-datasets.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

TFDS = "tensorflow_datasets"
BUILDER = "keras_xavier.datasets.shapeset3x2_dataset_builder"


def register() -> None:
    """Makes `tfds.load("shapeset3x2")` work, no matter when TFDS is imported."""
    if sys.modules.get(TFDS) is not None:
        importlib.import_module(BUILDER)
    else:
        sys.meta_path.insert(0, _Registrar())


class _Registrar(MetaPathFinder):
    """Import hook that imports the builder after TFDS, which other finders load."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != TFDS:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                importlib.import_module(BUILDER)

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec
