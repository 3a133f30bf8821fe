"""Pictures of recorded graphs, and an explorer that steps through them."""
