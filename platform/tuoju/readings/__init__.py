"""Readings of personal data in full: what for, how many a day, and never by a GET."""
