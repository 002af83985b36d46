/* The two levels of assurance: claims of their own, or the acr that says both. */
#ifndef LIBEID_LEVELS_H
#define LIBEID_LEVELS_H
#include "libeid/work.h"
/* 0: not told, or not one that exists. */
void levels_read(const json_t *texts, int *account, int *authentication);
#endif
