"""What `Api()` gives: runs, rows, files, projects, read from the server when asked for."""
