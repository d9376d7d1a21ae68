"""Pages of readings in full."""
