"""Lessons, each with text, experiments, predictions, figures and an exercise.

The lessons are scripts in the folder `scripts`. `keras-xavier lesson` runs them in a
terminal, the app shows them as guided tours, and they convert to notebooks and pages.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
