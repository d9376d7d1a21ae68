"""Pages and API of archive."""
