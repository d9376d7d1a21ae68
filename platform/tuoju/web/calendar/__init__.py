"""Pages and API of calendar."""
