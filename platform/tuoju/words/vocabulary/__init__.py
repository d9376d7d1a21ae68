"""The words of every code, by subject; `tuoju.words.labels` finds them."""
