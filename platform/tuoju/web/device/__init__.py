"""Pages of the device queue: its keys, its worker, and what waits on this device."""
