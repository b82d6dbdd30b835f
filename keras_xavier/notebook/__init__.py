"""Runs and figures in notebooks: displayed, live during training, and interactive.

Figures are PNG images and their updates are display updates: every front end that
shows the output of IPython kernels shows them, and saved notebooks keep the last one.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
