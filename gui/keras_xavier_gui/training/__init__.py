"""Training from the app: the dialog, the processes and their progress."""
