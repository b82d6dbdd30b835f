"""The list of runs: its tree, filter, actions and hyperparameters."""
