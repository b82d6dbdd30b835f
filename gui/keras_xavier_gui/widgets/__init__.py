"""Widgets that are independent of the window."""
