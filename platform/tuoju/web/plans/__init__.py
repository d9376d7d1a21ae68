"""Pages and API of plans."""
