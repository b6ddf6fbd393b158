"""`python -m trueshelf_generate run|serve|consume|work|relay|migrate`."""

from trueshelf_generate.main import build
from trueshelf_generate.settings import Settings
from trueshelf_runtime.lifecycle import main

if __name__ == "__main__":
    main(Settings, build)
