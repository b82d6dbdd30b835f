"""A microscope for training deep networks, layer by layer, in Keras."""

import lazy_loader

# Registers Shapeset-3×2 with tensorflow-datasets, without importing it.
from keras_xavier import datasets as datasets
from keras_xavier.version import __version__ as __version__

# Loaded on first use (SPEC 1), so that reading a run never imports Keras.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
