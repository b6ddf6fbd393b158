"""`python -m trueshelf_audit run|serve|consume|work|relay|migrate`."""

from trueshelf_audit.main import build
from trueshelf_audit.settings import Settings
from trueshelf_runtime.lifecycle import main

if __name__ == "__main__":
    main(Settings, build)
