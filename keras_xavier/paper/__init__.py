"""Glorot & Bengio (2010): settings and experiments, made of the package's parts."""
