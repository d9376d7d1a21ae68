"""A city as a folder of files: divisions, policies, calendar, map and projects; and divisions that change."""
