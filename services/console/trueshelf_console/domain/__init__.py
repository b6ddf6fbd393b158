"""Pure rules of the console: people and their rights, image addresses, where a SKU stands."""
