/* What the browser brought back: RFC 6749 section 4.1.2, RFC 9207. */
#ifndef LIBEID_CALLBACK_H
#define LIBEID_CALLBACK_H
#include "libeid/state.h"

struct callback {
    struct str code; /* STR_NONE: the provider answered with an error */
    struct str state;
    struct str iss; /* STR_NONE: not told */
    struct str error;
    struct str description;
};

/* Takes a URL or a query apart.  EID_BAD_ANSWER. */
enum eid_code callback_parse(struct work *w, struct str url_or_query, struct callback *out);
/* Is it the answer to this login, from this provider?  Then the code, or what the error means. */
enum eid_code callback_judge(struct work *w, const struct eid_client *c, const struct callback *cb,
                             struct str state, bool iss_required, struct str *code);

#endif
