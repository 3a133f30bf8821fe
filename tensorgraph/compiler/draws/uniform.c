/* Numbers from [0, 1): 24 bits in single precision, 53 in double. */
static void draw_uniform_float(bit_generator *g, float *out, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    out[i] = (float)(g->next_uint32(g->state) >> 8) * (1.0f / 16777216.0f);
}
static void draw_uniform_double(bit_generator *g, double *out, int64_t n) {
  for (int64_t i = 0; i < n; i++) out[i] = g->next_double(g->state);
}
