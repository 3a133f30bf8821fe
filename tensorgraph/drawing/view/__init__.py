"""From a scene to what of it is drawn."""
