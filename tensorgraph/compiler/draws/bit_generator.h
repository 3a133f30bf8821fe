/* NumPy's bit generators, as in its numpy/random/bitgen.h. */

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
