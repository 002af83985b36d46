/* Options of the handle, for client.c. */
#ifndef LIBEID_OPTIONS_H
#define LIBEID_OPTIONS_H
#include "libeid/state.h"
/* Replaces *place by a copy; NULL empties it. */
enum eid_code option_text(struct work *w, char **place, const char *value);
enum eid_code options_default(struct work *w, struct eid_client *c);
void options_free(struct eid_client *c);
#endif
