"""Pages and API of residents."""
