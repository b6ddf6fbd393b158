"""Review's use cases, each one transaction at one `Desk`."""
