"""Versions of what changes pixels, readable without OpenCV: services name them in events and never load a picture."""

COMPOSITION = "2"
"""Of `compose`, `shadow`, `setting` and `adjust`: raise it with every change that changes a master's bytes."""
