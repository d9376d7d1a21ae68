"""The village board of public notices."""
