"""`python -m trueshelf_ingest run|serve|consume|work|relay|migrate`."""

from trueshelf_ingest.main import build
from trueshelf_ingest.settings import Settings
from trueshelf_runtime.lifecycle import main

if __name__ == "__main__":
    main(Settings, build)
