"""Health, metrics and delivery receipts: what other machines call."""
