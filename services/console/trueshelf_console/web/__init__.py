"""The pages: one module per part of the console, each with its templates and its message catalogue."""
