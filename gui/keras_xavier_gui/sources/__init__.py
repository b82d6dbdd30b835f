"""Lists, opens and watches the runs that the app shows."""
