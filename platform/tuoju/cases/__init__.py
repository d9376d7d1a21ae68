"""Cases and the needs in them."""
