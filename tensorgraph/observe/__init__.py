"""What watches a computation: where NaNs arise, where time and memory go, how gradients fare."""
