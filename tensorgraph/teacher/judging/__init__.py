"""``tg.judge``: gradients written by hand beside the engine's, and what is wrong with them.
"""
