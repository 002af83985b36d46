/* How far our clock is from the provider's, as its answers say: for hints, never for judging. */
#ifndef LIBEID_SKEW_H
#define LIBEID_SKEW_H
#include "libeid/state.h"
/* date_s: of an answer that has just come. */
void skew_note(struct eid_client *c, int64_t date_s);
/* Adds "; your clock is 4 minutes fast" when it is off by more than EID_SKEW_S. */
void skew_hint(struct work *w, const struct eid_client *c);
#endif
