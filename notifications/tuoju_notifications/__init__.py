"""Notifications: written in the transaction that causes them, delivered once after its commit."""
