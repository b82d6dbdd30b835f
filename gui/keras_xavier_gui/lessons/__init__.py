"""Lessons as guided tours: a text beside the pictures, which each step sets."""
