"""Views of the window, and the history of views."""
