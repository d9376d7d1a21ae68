"""Pages and API of api reference."""
