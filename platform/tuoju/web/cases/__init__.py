"""Pages and API of cases."""
