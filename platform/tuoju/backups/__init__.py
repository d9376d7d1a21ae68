"""Backups: the database, the files and the keys, each sealed for whoever may restore them, and the way back."""
