"""Relief: the funds of societies, what is paid from them, and what is made public of it."""
