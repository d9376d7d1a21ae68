"""What notifications say: one table a language, used by the list in the application and by every channel."""
