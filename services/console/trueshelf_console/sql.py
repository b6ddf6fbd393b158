"""The console's named queries."""

from trueshelf_runtime.db import load_queries

SQL = load_queries("trueshelf_console")
ACCOUNTS = load_queries("trueshelf_console", "accounts.sql")
