"""The layers of the selected runs, as a tree."""
