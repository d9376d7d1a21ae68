"""Text as people type it: one way in for every string, and keys by which spellings of one word are equal."""
