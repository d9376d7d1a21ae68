"""Pages and API of alerts."""
