"""Pages and API of relief."""
