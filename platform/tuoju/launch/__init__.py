"""Where everything is put together: settings, bootstrap, command line, server, worker, demo."""
