"""Reproduction of Glorot & Bengio (2010)."""
