"""Random draws of programs in C: from NumPy's own bit generator, the same bits as outside.

A bit generator is handed to C as a pointer to a struct of functions and the state that they
advance. A program that draws from it goes on where NumPy left off, and NumPy goes on after it. The
functions below draw what the ops of :mod:`tensorgraph.random` draw, number by number; what is not
here is drawn by NumPy.
"""

from __future__ import annotations

import numpy as np

HEADER = """\
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  void *state;
  uint64_t (*next_uint64)(void *);
  uint32_t (*next_uint32)(void *);
  double (*next_double)(void *);
  uint64_t (*next_raw)(void *);
} bit_generator;
"""
"""What the functions below stand on; once in a source that has any of them."""

_BERNOULLI = """\
/* The first digits of n numbers in base 256, eight from each word, as NumPy's random_raw has them. */
static void draw_digits(bit_generator *g, uint8_t *out, int64_t n) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const uint64_t word = g->next_raw(g->state);
    memcpy(out + i, &word, 8);
  }
  if (i < n) {
    const uint64_t word = g->next_raw(g->state);
    memcpy(out + i, &word, n - i);
  }
}

/* Whether each of n numbers lies below p. Where the first digit is that of p, the others decide:
   they are drawn after all first digits, in their order. */
static void draw_bernoulli(bit_generator *g, double p, uint8_t *restrict out, int64_t n) {
  const double first = floor(p * 256), rest = p * 256 - first;
  draw_digits(g, out, n);
  if (first == 256) {
    memset(out, 1, n);
    return;
  }
  const uint8_t digit = (uint8_t)first;
  for (int64_t start = 0; start < n; start += 64) {
    uint8_t *restrict block = out + start;
    const int size = n - start < 64 ? (int)(n - start) : 64;
    uint64_t tied = 0;
    uint8_t any = 0;
    #pragma omp simd reduction(|:any)
    for (int i = 0; i < size; i++) any |= block[i] == digit;
    if (any)
      for (int i = 0; i < size; i++) tied |= (uint64_t)(block[i] == digit) << i;
    #pragma omp simd
    for (int i = 0; i < size; i++) block[i] = block[i] < digit;
    for (; tied; tied &= tied - 1)
      block[__builtin_ctzll(tied)] = g->next_double(g->state) < rest;
  }
}

/* The same where each number has its own p. */
#define DRAW_BERNOULLI_EACH(real) \\
  static void draw_bernoulli_each_##real( \\
      bit_generator *g, const real *restrict p, uint8_t *restrict out, int64_t n) { \\
    draw_digits(g, out, n); \\
    for (int64_t i = 0; i < n; i++) { \\
      const double scaled = (double)p[i] * 256, first = floor(scaled); \\
      out[i] = out[i] == first ? g->next_double(g->state) < scaled - first : out[i] < first; \\
    } \\
  }
DRAW_BERNOULLI_EACH(float)
DRAW_BERNOULLI_EACH(double)
"""

_UNIFORM = """\
/* Numbers from [0, 1): 24 bits in single precision, 53 in double. */
static void draw_uniform_float(bit_generator *g, float *out, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    out[i] = (float)(g->next_uint32(g->state) >> 8) * (1.0f / 16777216.0f);
}
static void draw_uniform_double(bit_generator *g, double *out, int64_t n) {
  for (int64_t i = 0; i < n; i++) out[i] = g->next_double(g->state);
}
"""

C_TEXT = {"bernoulli": _BERNOULLI, "uniform": _UNIFORM}
"""By the name of an op that draws, the functions in C that draw the same, after ``HEADER``.

==============  ==================================================================================
``bernoulli``   ``draw_bernoulli(g, p, out, n)`` for one ``p``;
                ``draw_bernoulli_each_float(g, p, out, n)``, ``draw_bernoulli_each_double(…)``
                for ``n`` of them, in the order of the result; ``out`` are bytes, 0 or 1
``uniform``     ``draw_uniform_float(g, out, n)``, ``draw_uniform_double(g, out, n)``
==============  ==================================================================================
"""


def pointer(generator: np.random.Generator) -> int:
    """Return the address of a generator's ``bit_generator`` in C.

    It is good for as long as the generator lives. While a program draws from it, the caller must
    hold ``generator.bit_generator.lock``, as NumPy does in each draw: other threads go on running.
    """
    address = generator.bit_generator.ctypes.bit_generator.value
    assert isinstance(address, int)
    return address
