"""Pages and API of policies."""
