/* One request to the provider and its answer.  What may be reached, and what an error answer means.
 */
#ifndef LIBEID_EXCHANGE_H
#define LIBEID_EXCHANGE_H
#include "libeid/state.h"

#define ANSWER_MAX (512 * 1024)

struct eid_response {
    int status;
    char content_type[64];
    int64_t max_age_s; /* of Cache-Control, less Age; -1: not told, 0: no-store or no-cache */
    int64_t age_s;
    int retry_after_s;
    char *body; /* malloc */
    size_t size;
    bool too_large;
};

struct ask {
    const char *url;
    struct str form; /* POST when present, else GET */
    const char *accept;
    struct str bearer; /* access token, or STR_NONE */
    bool as_client;    /* authenticate with client id and secret */
};

/* https, or http to loopback. */
bool url_may_be_asked(struct str url);
/* *out.body is a slice owned by the arena.  EID_UNREACHABLE, EID_BUSY, EID_BAD_ANSWER for what was
 * never an answer; any status below 500 otherwise is the caller's to judge. */
enum eid_code exchange(struct work *w, struct eid_client *c, const struct ask *ask,
                       struct eid_response *out, struct str *body);
/* As exchange, but the answer must be 200 (or 201) and JSON; OAuth errors become codes. */
enum eid_code exchange_json(struct work *w, struct eid_client *c, const struct ask *ask,
                            json_t **out);
/* What an OAuth error code means to our caller. */
enum eid_code oauth_error(struct work *w, struct str error, const char *where);

eid_transport_fn curl_transport;

#endif
