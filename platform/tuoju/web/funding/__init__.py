"""Pages of venture-philanthropy funding."""
