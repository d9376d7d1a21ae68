"""Service visits (服务记录) and who was served at them."""
