"""Pages and API of reports."""
