"""ingest's pure rules: which shots a SKU needs, what a photo's measurements mean, what a change does."""
