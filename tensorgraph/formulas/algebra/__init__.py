"""The normal form that formulas are simplified in, and the way to it and back."""
