"""The log as a tree: entries, proofs, checkpoints and their verification. Pure; no database, no key material."""
