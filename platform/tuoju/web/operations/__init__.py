"""Health, metrics, delivery receipts and the page of the operator."""
