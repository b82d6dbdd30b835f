"""Widgets that know nothing of the window they are in."""
