"""The registry: organizations, projects, their places and their venture-philanthropy life."""
