"""From rows to profiles, proposals, the ranking in use and gaps."""
