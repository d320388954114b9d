#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

// Unpacks a message while allocating at most `budget` bytes in all, and returns null when the bytes are malformed or the
// budget does not suffice. What is freed on the way is not given back to the budget, so it bounds work as well as memory:
// protobuf-c merges a nested message that comes again by copying it, and small elements cost far more in C than on the
// wire. Free the result with wire_free.
ProtobufCMessage *wire_unpack(
  const ProtobufCMessageDescriptor *descriptor, size_t length, const uint8_t *bytes, size_t budget);

void wire_free(ProtobufCMessage *message);
