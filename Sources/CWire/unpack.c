#include "unpack.h"
#include <stdlib.h>

static void *take(void *remaining, size_t size) {
  size_t *left = remaining;
  if (size > *left) return NULL;
  *left -= size;
  return malloc(size);
}

static void give_back(void *remaining, void *pointer) {
  (void)remaining;
  free(pointer);
}

ProtobufCMessage *wire_unpack(
  const ProtobufCMessageDescriptor *descriptor, size_t length, const uint8_t *bytes, size_t budget) {
  ProtobufCAllocator allocator = {.alloc = take, .free = give_back, .allocator_data = &budget};
  return protobuf_c_message_unpack(descriptor, &allocator, length, bytes);
}

void wire_free(ProtobufCMessage *message) {
  // The default allocator frees with free(3), and take() allocates with malloc(3).
  protobuf_c_message_free_unpacked(message, NULL);
}
