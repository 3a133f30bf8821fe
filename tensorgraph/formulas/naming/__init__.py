"""What values are called in formulas, and the shortest form that these names allow."""
