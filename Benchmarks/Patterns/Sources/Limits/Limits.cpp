#include "Limits.h"

#include <malloc.h>
#include <simdjson.h>

#include <cstring>
#include <string_view>

using namespace simdjson;

namespace {

// Counts values and folds them into a number, without a branch on what they are.
struct Sink {
  uint64_t values = 0;
  uint64_t folded = 0;

  void text(simdjson_result<ondemand::value> result) {
    std::string_view text;
    if (result.get_string().get(text)) return;
    values += 1;
    folded += text.size() + (text.empty() ? 0 : static_cast<unsigned char>(text.back()));
  }

  void number(simdjson_result<ondemand::value> result) {
    double number;
    if (result.get_double().get(number)) return;
    uint64_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    values += 1;
    folded ^= bits;
  }
};

void point(ondemand::object object, Sink &sink) {
  sink.number(object.find_field("x"));
  sink.number(object.find_field("y"));
}

// Points, or arrays of points.
void points(ondemand::array array, Sink &sink) {
  for (auto element : array) {
    ondemand::value value;
    if (element.get(value)) continue;
    ondemand::json_type type;
    if (value.type().get(type)) continue;
    if (type == ondemand::json_type::array) {
      ondemand::array inner;
      if (!value.get_array().get(inner)) points(inner, sink);
    } else {
      ondemand::object object;
      if (!value.get_object().get(object)) point(object, sink);
    }
  }
}

constexpr uint32_t properties_fields = LIMITS_MAPBLKLOT | LIMITS_FROM_ST | LIMITS_STREET | LIMITS_ST_TYPE;
constexpr uint32_t geometry_fields = LIMITS_GEOMETRY_TYPE | LIMITS_FIRST_COORDINATES | LIMITS_COORDINATES;

// In the order of the document, so that nothing is looked for twice.
void feature(uint32_t fields, ondemand::object &root, Sink &sink) {
  if (fields & properties_fields) {
    ondemand::object properties;
    if (root.find_field("properties").get_object().get(properties)) return;
    if (fields & LIMITS_MAPBLKLOT) sink.text(properties.find_field("MAPBLKLOT"));
    if (fields & LIMITS_FROM_ST) sink.text(properties.find_field("FROM_ST"));
    if (fields & LIMITS_STREET) sink.text(properties.find_field("STREET"));
    if (fields & LIMITS_ST_TYPE) sink.text(properties.find_field("ST_TYPE"));
  }
  if (fields & geometry_fields) {
    ondemand::object geometry;
    if (root.find_field("geometry").get_object().get(geometry)) return;
    if (fields & LIMITS_GEOMETRY_TYPE) sink.text(geometry.find_field("type"));
    if (fields & LIMITS_FIRST_COORDINATES) {
      ondemand::object first;
      if (!geometry.find_field("firstCoordinates").get_object().get(first)) {
        sink.number(first.find_field("x"));
        sink.number(first.find_field("z"));
      }
    }
    if (fields & LIMITS_COORDINATES) {
      ondemand::array coordinates;
      if (!geometry.find_field("coordinates").get_array().get(coordinates)) points(coordinates, sink);
    }
  }
}

void envelope(uint32_t fields, ondemand::object &root, Sink &sink) {
  if (fields & LIMITS_ENVELOPE) {
    sink.text(root.find_field("detail-type"));
    sink.text(root.find_field("source"));
  }
  ondemand::object detail;
  if (root.find_field("detail").get_object().get(detail)) return;
  if (fields & LIMITS_SYMBOLS) {
    ondemand::array symbols;
    if (!detail.find_field("symbols").get_array().get(symbols)) {
      for (auto symbol : symbols) sink.text(symbol);
    }
  }
  if (fields & LIMITS_COMMENT) sink.text(detail.find_field("comment"));
}

}  // namespace

extern "C" uint64_t limits_read(
  uint32_t fields, const uint8_t *text, const uint64_t *ends, size_t events, uint64_t *folded) {
  static thread_local ondemand::parser parser;
  Sink sink;
  uint64_t start = 0;
  for (size_t event = 0; event < events; event += 1) {
    const size_t length = ends[event] - start;
    ondemand::document document;
    ondemand::object root;
    const auto *bytes = reinterpret_cast<const char *>(text + start);
    if (!parser.iterate(bytes, length, length + SIMDJSON_PADDING).get(document) && !document.get_object().get(root)) {
      if (fields & (properties_fields | geometry_fields)) {
        feature(fields, root, sink);
      } else {
        envelope(fields, root, sink);
      }
    }
    start = ends[event];
  }
  *folded = sink.folded;
  return sink.values;
}

extern "C" uint64_t limits_sum(const uint8_t *text, size_t bytes) {
  uint64_t sum = 0;
  for (size_t place = 0; place < bytes; place += 1) sum += text[place];
  return sum;
}

extern "C" uint64_t limits_heap(void) {
  malloc_trim(0);
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
