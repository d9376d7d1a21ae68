"""Permissioned verbs of the venture-philanthropy cycle; so far the rules of calls."""
