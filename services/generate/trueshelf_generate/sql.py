"""generate's named queries."""

from trueshelf_runtime.db import load_queries

SQL = load_queries("trueshelf_generate")
CREDITS = load_queries("trueshelf_generate", "credits.sql")
