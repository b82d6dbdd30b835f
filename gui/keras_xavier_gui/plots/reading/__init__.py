"""Reading of values with mouse and keyboard, legends that are clicked, and menus."""
