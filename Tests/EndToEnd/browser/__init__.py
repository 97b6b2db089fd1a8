"""The console in a real browser: how it is walked, and what every page must hold."""
