"""Pages and API of regions."""
