"""Verbs on organizations and projects, with permission and audit."""
