"""Pages and API of accounts."""
