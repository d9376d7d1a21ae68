"""The one search box: what was typed, and what of it is found among what the reader may see."""
