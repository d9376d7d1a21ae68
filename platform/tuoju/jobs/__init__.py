"""Imports and exports that a person starts and a worker does."""
