"""Runs experiments: training from the command line, sweeps and their progress."""
