"""`python -m trueshelf_export run|serve|consume|work|relay|migrate`."""

from trueshelf_export.main import build
from trueshelf_export.settings import Settings
from trueshelf_runtime.lifecycle import main

main(Settings, build)
