/*
 * What a native engine would gain where the wasm one accumulates: rows of 64 int8 weights, two channels in a lane as in
 * kernels/gather/bytes.ts, added up in vectors of 128 bits (which is what wasm has), 256 and 512. Least processor time of 15 tries, of rows
 * in the second cache (256 KiB).
 *
 *     gcc -O3 -msse4.1 bench/native-rows.c -o /tmp/native-rows && /tmp/native-rows
 */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 4096, ENTRIES = 1024, TRIES = 15 };
static int8_t weights[ROWS * 64] __attribute__((aligned(64)));
static uint32_t entries[ENTRIES];

__attribute__((noinline)) static int add128(int count) {
  __m128i sums[4] = {0}, upper[4] = {0}, all = _mm_setzero_si128();
  for (int i = 0; i < count; i++) {
    const __m128i *row = (const __m128i *)(weights + entries[i]);
    for (int k = 0; k < 4; k++) {
      __m128i lanes = _mm_load_si128(row + k);
      sums[k] = _mm_add_epi16(sums[k], lanes);
      upper[k] = _mm_add_epi16(upper[k], _mm_srai_epi16(lanes, 8));
    }
  }
  for (int k = 0; k < 4; k++) all = _mm_xor_si128(all, _mm_xor_si128(sums[k], upper[k]));
  return _mm_extract_epi16(all, 3);
}

__attribute__((noinline, target("avx2"))) static int add256(int count) {
  __m256i sums[2] = {0}, upper[2] = {0};
  for (int i = 0; i < count; i++) {
    const __m256i *row = (const __m256i *)(weights + entries[i]);
    for (int k = 0; k < 2; k++) {
      __m256i lanes = _mm256_load_si256(row + k);
      sums[k] = _mm256_add_epi16(sums[k], lanes);
      upper[k] = _mm256_add_epi16(upper[k], _mm256_srai_epi16(lanes, 8));
    }
  }
  __m256i all = _mm256_xor_si256(_mm256_xor_si256(sums[0], sums[1]), _mm256_xor_si256(upper[0], upper[1]));
  return _mm256_extract_epi16(all, 3);
}

__attribute__((noinline, target("avx512bw,avx512f"))) static int add512(int count) {
  __m512i sums = _mm512_setzero_si512(), upper = sums;
  for (int i = 0; i < count; i++) {
    __m512i lanes = _mm512_load_si512(weights + entries[i]);
    sums = _mm512_add_epi16(sums, lanes);
    upper = _mm512_add_epi16(upper, _mm512_srai_epi16(lanes, 8));
  }
  return _mm512_reduce_add_epi32(_mm512_xor_si512(sums, upper));
}

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

int main(void) {
  int (*const kernels[])(int) = {add128, add256, add512};
  const int counts[] = {1024, 200, 24};
  const int hasWide = __builtin_cpu_supports("avx512bw") ? 3 : __builtin_cpu_supports("avx2") ? 2 : 1;
  int sum = 0;
  for (int i = 0; i < ROWS * 64; i++) weights[i] = rand();
  for (int c = 0; c < 3; c++) {
    const int repeats = 800000 / counts[c];
    double best[3] = {1e9, 1e9, 1e9};
    for (int try = 0; try < TRIES; try++) {
      for (int i = 0; i < ENTRIES; i++) entries[i] = 64 * (rand() % ROWS);
      for (int k = 0; k < hasWide; k++) {
        const double begin = seconds();
        for (int r = 0; r < repeats; r++) {
          sum += kernels[k](counts[c]);
          entries[r & 15] ^= 64;
        }
        const double spent = (seconds() - begin) / repeats / counts[c];
        if (spent < best[k]) best[k] = spent;
      }
    }
    printf("lists of %d:", counts[c]);
    for (int k = 0; k < hasWide; k++) printf("  %d bits %.2f ns a row", 128 << k, 1e9 * best[k]);
    printf("\n");
  }
  // Used, so that nothing is left out.
  return sum == 1 ? 1 : 0;
}
