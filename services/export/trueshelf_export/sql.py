"""The named queries of this service."""

from trueshelf_runtime.db import load_queries

SQL = load_queries("trueshelf_export")
