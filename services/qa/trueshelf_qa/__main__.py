"""`python -m trueshelf_qa run|serve|consume|work|relay|migrate`."""

from trueshelf_qa.main import build
from trueshelf_qa.settings import Settings
from trueshelf_runtime.lifecycle import main

if __name__ == "__main__":
    main(Settings, build)
