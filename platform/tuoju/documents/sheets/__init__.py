"""Lists in and out of Excel: one engine, and for each list what its columns mean and which verb adds a row."""
