"""Pages and API of home."""
