"""What runs when code runs: op records, tensors, the recorded graph and its backward pass."""
