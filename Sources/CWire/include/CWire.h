// protobuf-c's code for the messages of Proto/, and what Swift needs beside it.
#pragma once
#include "generated/descriptors.h"
#include "unpack.h"
