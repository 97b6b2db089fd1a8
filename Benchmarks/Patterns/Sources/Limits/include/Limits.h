// What the machine and the fastest known reader of JSON make of the same bytes.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The values that a reading takes out of an event; they may be combined within one kind of event.
enum limits_field {
  // {"properties":{…},"geometry":{…}}
  LIMITS_MAPBLKLOT = 1 << 0,
  LIMITS_FROM_ST = 1 << 1,
  LIMITS_STREET = 1 << 2,
  LIMITS_ST_TYPE = 1 << 3,
  LIMITS_GEOMETRY_TYPE = 1 << 4,
  LIMITS_FIRST_COORDINATES = 1 << 5,
  LIMITS_COORDINATES = 1 << 6,
  // {"detail-type":…,"source":…,"detail":{…}}
  LIMITS_ENVELOPE = 1 << 7,
  LIMITS_SYMBOLS = 1 << 8,
  LIMITS_COMMENT = 1 << 9,
};

// Reads the fields out of each event with simdjson on demand; answers how many values there were.
//
// text: the events one after the other, with 64 bytes to spare behind the last. ends: where each ends.
// folded: a number that depends on every value, so that none is left unread.
uint64_t limits_read(
  uint32_t fields, const uint8_t *text, const uint64_t *ends, size_t events, uint64_t *folded);

// Adds up the bytes, as wide as the compiler knows how.
uint64_t limits_sum(const uint8_t *text, size_t bytes);

// Gives free memory back to the system; answers the bytes that are allocated.
uint64_t limits_heap(void);

#ifdef __cplusplus
}
#endif
