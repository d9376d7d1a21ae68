"""Danger in a free text: what a person should look at before anything else happens."""
