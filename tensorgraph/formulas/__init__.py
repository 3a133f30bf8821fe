"""``tg.derive``: gradients as formulas, found by algebra on expressions and checked on data."""
