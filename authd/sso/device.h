/* What kind of browser is it, in words that people know: "Firefox, Android".  Coarse on purpose,
 * and only words of ours: nothing a header says is kept. */
#ifndef SSO_DEVICE_H
#define SSO_DEVICE_H
#include "base/arena.h"
#include "base/str.h"

/* From a User-Agent header; STR_NONE when it names nothing we know.  Pure. */
struct str device_of(struct arena *a, struct str user_agent);

#endif
