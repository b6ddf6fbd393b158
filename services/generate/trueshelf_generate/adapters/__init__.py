"""External generators over HTTP. Keys and photos go to the configured host and to no other."""
