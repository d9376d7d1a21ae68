"""The words of every code, by subject; `tuoju.web.words` finds them."""
