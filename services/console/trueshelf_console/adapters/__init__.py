"""The console's ways to the world: the six services, passwords, message catalogues."""
