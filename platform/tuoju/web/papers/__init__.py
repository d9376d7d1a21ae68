"""Pages and API of papers."""
