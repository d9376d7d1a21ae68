"""Residents, households, consent and the protection of personal fields."""
