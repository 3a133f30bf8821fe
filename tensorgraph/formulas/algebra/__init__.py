"""Simplifying: from an expression to a polynomial, its normal form, and back to an expression.

Two expressions are equal where their polynomials are, so that simplifying is writing the polynomial
down again. Read ``polynomials`` (the data: sums of products of powers of atoms), ``algebra``
(products, powers and sums of them), ``regrouping`` and ``frames`` (reshapes), ``normal_form`` (an
expression's polynomial), ``conditions`` (comparisons, and what follows from them), ``irrationals``
(log 2 and √π in products), ``meanings``
(what each core operation means for polynomials) with its ``rearrangements``, ``indexing``,
``contractions``, ``matrices`` and ``branches``, ``alternatives`` (conditions that exclude each
other), ``identities`` (functions of functions that have a name of their own), ``factoring`` (sums
as products of sums), ``from_normal_form`` (the way back),
``known_functions`` (which values of a graph are tanh, softmax and their likes, written by hand)
and what these are in ``exponentials``.
"""
