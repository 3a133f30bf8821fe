"""Symbolic arrays, and what stands on them: traces, and gradients as formulas."""
