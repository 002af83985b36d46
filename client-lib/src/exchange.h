/* One request to the provider and its answer.  What may be reached, and what an error answer means.
 */
#ifndef LIBEID_EXCHANGE_H
#define LIBEID_EXCHANGE_H
#include "libeid/response.h"
#include "libeid/state.h"

#define HEADERS_MAX 4
#define WHY_MAX 128

/* Lives in the call's arena from the moment it is asked. */
struct exchange {
    struct eid_request request;
    struct eid_header headers[HEADERS_MAX];
    struct eid_response response;
    bool answered;
    bool failed;  /* there is no answer: why */
    bool retried; /* with the provider's nonce */
    bool seen;    /* its date was noted */
    char why[WHY_MAX];
};

struct ask {
    const char *url;
    struct str form; /* POST when present, else GET */
    const char *accept;
    struct str token;            /* access token, or STR_NONE */
    bool as_client;              /* authenticate this client */
    bool named;                  /* form has client_id already */
    const struct own_key *prove; /* a DPoP proof with this key; NULL: none */
};

/* https, or http to loopback. */
bool url_may_be_asked(struct str url);

/* The answer to ask.  *place: this request's, NULL at first; entered again with it, the request is
 * not made again.  EID_WAITING; EID_UNREACHABLE, EID_BUSY, EID_BAD_ANSWER for what was never an
 * answer; any status below 500 otherwise is the caller's to judge. */
enum eid_code exchange(struct work *w, struct eid_client *c, struct exchange **place,
                       const struct ask *ask, const struct eid_response **out);
/* As exchange, but the answer must be 200 (or 201) and JSON; OAuth errors become codes. */
enum eid_code exchange_json(struct work *w, struct eid_client *c, struct exchange **place,
                            const struct ask *ask, json_t **out);
/* Through the handle's transport, in this thread. */
void exchange_send(struct exchange *x, struct eid_client *c);

eid_transport_fn curl_transport;

#endif
