"""Translations to PostgreSQL, object storage, key files and exported files. No decisions."""
