"""A microscope for training deep networks, layer by layer, in Keras."""

import lazy_loader

__version__ = "0.1.0"

# Loaded on first use (SPEC 1), so that reading a run never imports Keras.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
