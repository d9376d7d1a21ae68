"""The post office: notifications written with what caused them, delivered after the commit, once."""
