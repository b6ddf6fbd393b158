"""The console: the one face of the headless services."""
