"""The verbs of the `trueshelf` command: each module translates arguments, calls the stack and prints."""
