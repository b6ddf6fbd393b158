"""What generate decides: which drafts to make, from which captures, with which presets."""
