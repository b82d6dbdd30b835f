"""Six lessons: each a text, experiments, a prediction, and pictures to compare.

They are scripts, in the folder `scripts`, that `keras-xavier lesson` runs in the
terminal, that make notebooks and pages, and that the app shows as guided tours.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
