/* The first digits of n numbers in base 256, eight from each word of NumPy's random_raw. */
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
  uint8_t tied[256];
  for (int64_t start = 0; start < n; start += sizeof tied) {
    uint8_t *restrict block = out + start;
    const int64_t size = n - start < (int64_t)sizeof tied ? n - start : (int64_t)sizeof tied;
    #pragma omp simd
    for (int64_t i = 0; i < size; i++) {
      tied[i] = block[i] == digit;
      block[i] = block[i] < digit;
    }
    const uint8_t *at = tied;
    for (; (at = memchr(at, 1, tied + size - at)); at++)
      block[at - tied] = g->next_double(g->state) < rest;
  }
}

/* The same where each number has its own p. */
#define DRAW_BERNOULLI_EACH(real) \
  static void draw_bernoulli_each_##real( \
      bit_generator *g, const real *restrict p, uint8_t *restrict out, int64_t n) { \
    draw_digits(g, out, n); \
    for (int64_t i = 0; i < n; i++) { \
      const double scaled = (double)p[i] * 256, first = floor(scaled); \
      out[i] = out[i] == first ? g->next_double(g->state) < scaled - first : out[i] < first; \
    } \
  }
DRAW_BERNOULLI_EACH(float)
DRAW_BERNOULLI_EACH(double)
