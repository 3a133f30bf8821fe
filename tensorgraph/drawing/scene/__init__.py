"""From a recorded graph to a scene."""
