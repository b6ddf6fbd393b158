"""`python -m trueshelf_console VERB`."""

from trueshelf_console.main import build
from trueshelf_console.settings import Settings
from trueshelf_runtime.lifecycle import main

if __name__ == "__main__":
    main(Settings, build)
