// Sixteen and sixty-four bytes at a time: what a scanner of JSON text asks of them, as bit masks, lowest bit first.
//
// All functions read whole blocks, so whoever calls them keeps 64 readable bytes behind the text. Nothing here needs
// more than the architecture's baseline (SSE2 on x86-64, NEON on arm64), so that it is compiled into its caller.
#pragma once

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
typedef __m128i blocks_bytes;
static inline blocks_bytes blocks_load(const uint8_t *p) { return _mm_loadu_si128((const __m128i *)p); }
static inline blocks_bytes blocks_all(uint8_t byte) { return _mm_set1_epi8((char)byte); }
static inline blocks_bytes blocks_equal(blocks_bytes a, blocks_bytes b) { return _mm_cmpeq_epi8(a, b); }
static inline blocks_bytes blocks_or(blocks_bytes a, blocks_bytes b) { return _mm_or_si128(a, b); }
static inline blocks_bytes blocks_and(blocks_bytes a, blocks_bytes b) { return _mm_and_si128(a, b); }
static inline blocks_bytes blocks_most(blocks_bytes a, blocks_bytes most) {
  return _mm_cmpeq_epi8(_mm_min_epu8(a, most), a);
}
static inline uint32_t blocks_mask(blocks_bytes a) { return (uint32_t)_mm_movemask_epi8(a); }
static inline void blocks_store(uint8_t *p, blocks_bytes a) { _mm_storeu_si128((__m128i *)p, a); }
#elif defined(__ARM_NEON) || defined(__aarch64__)
#include <arm_neon.h>
typedef uint8x16_t blocks_bytes;
static inline blocks_bytes blocks_load(const uint8_t *p) { return vld1q_u8(p); }
static inline blocks_bytes blocks_all(uint8_t byte) { return vdupq_n_u8(byte); }
static inline blocks_bytes blocks_equal(blocks_bytes a, blocks_bytes b) { return vceqq_u8(a, b); }
static inline blocks_bytes blocks_or(blocks_bytes a, blocks_bytes b) { return vorrq_u8(a, b); }
static inline blocks_bytes blocks_and(blocks_bytes a, blocks_bytes b) { return vandq_u8(a, b); }
static inline blocks_bytes blocks_most(blocks_bytes a, blocks_bytes most) { return vcleq_u8(a, most); }
static inline uint32_t blocks_mask(blocks_bytes a) {
  const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t chosen = vandq_u8(a, bits);
  return (uint32_t)vaddv_u8(vget_low_u8(chosen)) | ((uint32_t)vaddv_u8(vget_high_u8(chosen)) << 8);
}
static inline void blocks_store(uint8_t *p, blocks_bytes a) { vst1q_u8(p, a); }
#else
#include <string.h>
typedef struct { uint8_t byte[16]; } blocks_bytes;
static inline blocks_bytes blocks_load(const uint8_t *p) { blocks_bytes a; memcpy(a.byte, p, 16); return a; }
static inline blocks_bytes blocks_all(uint8_t byte) { blocks_bytes a; memset(a.byte, byte, 16); return a; }
#define BLOCKS_EACH(expression) \
  blocks_bytes r; for (int i = 0; i < 16; i++) r.byte[i] = (uint8_t)(expression); return r
static inline blocks_bytes blocks_equal(blocks_bytes a, blocks_bytes b) { BLOCKS_EACH(a.byte[i] == b.byte[i] ? 255 : 0); }
static inline blocks_bytes blocks_or(blocks_bytes a, blocks_bytes b) { BLOCKS_EACH(a.byte[i] | b.byte[i]); }
static inline blocks_bytes blocks_and(blocks_bytes a, blocks_bytes b) { BLOCKS_EACH(a.byte[i] & b.byte[i]); }
static inline blocks_bytes blocks_most(blocks_bytes a, blocks_bytes m) { BLOCKS_EACH(a.byte[i] <= m.byte[i] ? 255 : 0); }
static inline uint32_t blocks_mask(blocks_bytes a) {
  uint32_t mask = 0;
  for (int i = 0; i < 16; i++) mask |= (uint32_t)(a.byte[i] >> 7) << i;
  return mask;
}
static inline void blocks_store(uint8_t *p, blocks_bytes a) { memcpy(p, a.byte, 16); }
#endif

/// Asks for a byte's cache line ahead of its use.
static inline void blocks_prefetch(const void *p) { __builtin_prefetch(p); }

/// Where a quote or a backslash stands.
static inline uint32_t blocks_quotes16(const uint8_t *p) {
  blocks_bytes a = blocks_load(p);
  return blocks_mask(blocks_or(blocks_equal(a, blocks_all('"')), blocks_equal(a, blocks_all('\\'))));
}

/// Where a quote, a backslash or a control character stands, and where a byte beyond ASCII does (bits 16 to 31).
static inline uint32_t blocks_text16(const uint8_t *p) {
  blocks_bytes a = blocks_load(p);
  blocks_bytes special = blocks_or(
      blocks_or(blocks_equal(a, blocks_all('"')), blocks_equal(a, blocks_all('\\'))),
      blocks_most(a, blocks_all(0x1F)));
  return blocks_mask(special) | (~blocks_mask(blocks_most(a, blocks_all(0x7F))) << 16);
}

/// Where anything stands that a plain key has not: a quote, a backslash, a dot, a control character, a byte beyond ASCII.
static inline uint32_t blocks_keys16(const uint8_t *p) {
  blocks_bytes a = blocks_load(p);
  uint32_t marks = blocks_mask(blocks_or(
      blocks_or(blocks_equal(a, blocks_all('"')), blocks_equal(a, blocks_all('\\'))),
      blocks_or(blocks_equal(a, blocks_all('.')), blocks_most(a, blocks_all(0x1F)))));
  return marks | (~blocks_mask(blocks_most(a, blocks_all(0x7F))) & 0xFFFF);
}

/// Where a number or a word may end: at a comma, a closing bracket, or a blank.
static inline uint32_t blocks_ends16(const uint8_t *p) {
  blocks_bytes a = blocks_load(p);
  blocks_bytes closers = blocks_equal(blocks_or(a, blocks_all(0x20)), blocks_all('}'));
  return blocks_mask(blocks_or(
      blocks_or(closers, blocks_equal(a, blocks_all(','))), blocks_most(a, blocks_all(0x20))));
}

/// Where both the first byte of a wanted text and, `distance` further, its last byte stand.
static inline uint32_t blocks_pairs16(const uint8_t *p, uint8_t first, uint8_t last, intptr_t distance) {
  return blocks_mask(blocks_and(
      blocks_equal(blocks_load(p), blocks_all(first)), blocks_equal(blocks_load(p + distance), blocks_all(last))));
}

/// Writes sixteen bytes with A to Z made small.
static inline void blocks_lower16(const uint8_t *from, uint8_t *to) {
  blocks_bytes a = blocks_load(from);
  blocks_bytes isLetter = blocks_and(
      blocks_most(a, blocks_all('Z')), blocks_equal(blocks_most(a, blocks_all('A' - 1)), blocks_all(0)));
  blocks_store(to, blocks_or(a, blocks_and(isLetter, blocks_all(0x20))));
}

/// What stands where in sixty-four bytes.
typedef struct {
  uint64_t quotes;
  uint64_t backslashes;
  uint64_t openers;
  uint64_t closers;
} blocks_marks;

static inline uint64_t blocks_mask64(blocks_bytes a, blocks_bytes b, blocks_bytes c, blocks_bytes d) {
  return (uint64_t)blocks_mask(a) | (uint64_t)blocks_mask(b) << 16 | (uint64_t)blocks_mask(c) << 32 |
         (uint64_t)blocks_mask(d) << 48;
}

static inline blocks_marks blocks_marks64(const uint8_t *p) {
  blocks_bytes a = blocks_load(p), b = blocks_load(p + 16), c = blocks_load(p + 32), d = blocks_load(p + 48);
  blocks_bytes quote = blocks_all('"'), backslash = blocks_all('\\'), bit = blocks_all(0x20);
  blocks_bytes opener = blocks_all('{'), closer = blocks_all('}');
  blocks_marks marks;
  marks.quotes = blocks_mask64(
      blocks_equal(a, quote), blocks_equal(b, quote), blocks_equal(c, quote), blocks_equal(d, quote));
  marks.backslashes = blocks_mask64(
      blocks_equal(a, backslash), blocks_equal(b, backslash), blocks_equal(c, backslash), blocks_equal(d, backslash));
  // A square bracket and a brace differ in one bit.
  a = blocks_or(a, bit); b = blocks_or(b, bit); c = blocks_or(c, bit); d = blocks_or(d, bit);
  marks.openers = blocks_mask64(
      blocks_equal(a, opener), blocks_equal(b, opener), blocks_equal(c, opener), blocks_equal(d, opener));
  marks.closers = blocks_mask64(
      blocks_equal(a, closer), blocks_equal(b, closer), blocks_equal(c, closer), blocks_equal(d, closer));
  return marks;
}

/// Each bit: whether an odd number of bits is set up to and with it.
static inline uint64_t blocks_parity(uint64_t bits) {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/// The characters that a backslash before them takes the meaning of; the carry is 1 if the block before ended in such
/// a backslash, and becomes it for the next.
static inline uint64_t blocks_escaped(uint64_t backslashes, uint64_t *carry) {
  if (backslashes == 0) {
    uint64_t escaped = *carry;
    *carry = 0;
    return escaped;
  }
  uint64_t escaped = *carry;
  uint64_t rest = backslashes & ~escaped;
  uint64_t next = 0;
  while (rest != 0) {
    uint64_t lowest = rest & -rest;
    if (lowest >> 63) {
      next = 1;
      break;
    }
    escaped |= lowest << 1;
    rest &= ~(lowest | lowest << 1);
  }
  *carry = next;
  return escaped;
}

/// The first byte behind an object or array whose opening bracket stands just before `p`; the text must be sound.
static inline const uint8_t *blocks_container_end(const uint8_t *p) {
  uint64_t inText = 0;
  uint64_t carry = 0;
  int64_t depth = 1;
  for (;;) {
    blocks_marks marks = blocks_marks64(p);
    uint64_t quotes = marks.quotes & ~blocks_escaped(marks.backslashes, &carry);
    uint64_t text = blocks_parity(quotes) ^ inText;
    inText = (uint64_t)((int64_t)text >> 63);
    uint64_t openers = marks.openers & ~text;
    uint64_t closers = marks.closers & ~text;
    int64_t count = __builtin_popcountll(closers);
    if (count < depth) {
      depth += __builtin_popcountll(openers) - count;
    } else {
      while (closers != 0) {
        uint64_t lowest = closers & -closers;
        // The openers before this closer.
        int64_t opened = __builtin_popcountll(openers & (lowest - 1));
        openers &= ~(lowest - 1);
        depth += opened - 1;
        if (depth == 0) return p + __builtin_ctzll(lowest) + 1;
        closers &= closers - 1;
      }
      depth += __builtin_popcountll(openers);
    }
    p += 64;
  }
}
