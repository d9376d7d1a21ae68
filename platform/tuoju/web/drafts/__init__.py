"""Pages and API of drafts."""
