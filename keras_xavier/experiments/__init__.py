"""Experiments: training runs, sweeps and their progress."""
