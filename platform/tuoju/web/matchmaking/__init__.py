"""Pages and API of matchmaking."""
