"""A microscope for training deep networks, layer by layer, in Keras."""

import sys
from typing import Any

import lazy_loader

# Registers Shapeset-3×2 with tensorflow-datasets, without importing it.
from keras_xavier import datasets as datasets
from keras_xavier.version import __version__ as __version__

# Loaded on first use (SPEC 1), so that reading a run never imports Keras.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _show_runs_in_notebooks() -> None:
    """Registers how IPython displays a run, without importing runs or figures."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        formatter.for_type_by_name("keras_xavier.runs.reader", "Run", _html)


def _html(run: Any) -> str:
    from keras_xavier.notebook.run_page import html

    return html(run)


_show_runs_in_notebooks()
