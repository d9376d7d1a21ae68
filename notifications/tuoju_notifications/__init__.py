"""The post office: notices written with what caused them, delivered after the commit, once."""
