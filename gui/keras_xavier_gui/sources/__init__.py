"""Opens, caches and watches the runs that the app shows."""
