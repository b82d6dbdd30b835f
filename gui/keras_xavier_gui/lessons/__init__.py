"""Lessons as guided tours: text beside the plots, which each step sets up."""
