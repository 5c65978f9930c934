"""Programs for who works on gear; nothing here is installed."""
