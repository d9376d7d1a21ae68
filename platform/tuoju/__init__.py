"""Tuoju 托举: the application."""
