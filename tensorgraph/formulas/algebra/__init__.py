"""Simplifying: from an expression to a polynomial, its normal form, and back to an expression.

Two expressions are equal where their polynomials are, so that simplifying is writing the polynomial
down again. Read ``polynomials`` (the data: sums of products of powers of atoms), ``algebra``
(products, powers and sums of them), ``normal_form`` (an expression's polynomial), ``meanings``
(what each core operation means for polynomials) with its ``rearrangements``, ``indexing``,
``contractions`` and ``branches``, ``identities`` (functions of functions that have a name of their
own), ``regrouping`` (reshapes), ``from_normal_form`` (the way back).
"""
