"""Data sets of Glorot & Bengio (2010): Shapeset-3×2, MNIST and CIFAR-10."""

import lazy_loader

from keras_xavier.datasets.registration import register

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

register()
