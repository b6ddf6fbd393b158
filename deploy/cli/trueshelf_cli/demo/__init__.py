"""`trueshelf demo`: a sample catalogue, or your own photos, from intake to marketplace packs by practice accounts."""
