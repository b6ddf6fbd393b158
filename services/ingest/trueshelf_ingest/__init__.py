"""ingest: takes in SKUs and photos, keeps originals and sources, and says when a SKU is ready."""
