"""The list of runs: model, filter, view, actions and hyperparameters."""
