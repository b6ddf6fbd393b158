"""`python -m trueshelf_ingest run|serve|consume|work|relay|migrate`."""

from trueshelf_runtime.lifecycle import main

from trueshelf_ingest.main import build
from trueshelf_ingest.settings import Settings

if __name__ == "__main__":
    main(Settings, build)
