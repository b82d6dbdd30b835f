"""A microscope for training deep networks, layer by layer, in Keras."""

import lazy_loader

# Registers Shapeset-3×2 with tensorflow-datasets, and imports nothing heavy.
from keras_xavier import datasets as datasets

__version__ = "0.1.0"

# Loaded on first use (SPEC 1), so that reading a run never imports Keras.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
