"""Service visits and the person-times they count."""
