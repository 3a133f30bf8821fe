"""Arrays without values: expressions, the shapes and dtypes of results, traces and replays."""
