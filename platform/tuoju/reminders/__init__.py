"""Reminders and escalation: before a due day, on it, after it, and then to the next level."""
