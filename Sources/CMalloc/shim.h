#pragma once
// glibc's own settings of malloc, which Swift's module of it leaves out.
#include <malloc.h>
