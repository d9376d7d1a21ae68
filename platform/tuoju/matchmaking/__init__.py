"""Profiles of needs and projects, proposals, gaps, the ranking in use and its training."""
