#pragma once
// glibc's own settings of malloc and what it does on request, which Swift's module of it leaves out.
#include <malloc.h>
