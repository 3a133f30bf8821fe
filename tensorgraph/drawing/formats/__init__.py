"""From a view to files."""
