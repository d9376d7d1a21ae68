"""Permissioned, audited verbs over organizations and projects."""
