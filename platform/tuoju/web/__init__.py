"""The only room that knows HTTP: pages, API, forms, errors."""
