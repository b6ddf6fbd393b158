"""`python -m trueshelf_review run|serve|consume|work|relay|migrate`."""

from trueshelf_review.main import build
from trueshelf_review.settings import Settings
from trueshelf_runtime.lifecycle import main

main(Settings, build)
