"""Functions of PyTorch, JAX and autograd as functions of tensors, for all checks there are.

In comes another library's function; out comes one of tensors, whose values and gradients are those
that the library computes. Read ``adapter`` first: it makes one operation of each call, of which the
gradient rule is the library's own; ``libraries`` holds what differs between them.
"""
