/* One call of the records API with the citizen's access token.  Runs in a worker. */
#ifndef PORTAL_API_CALL_H
#define PORTAL_API_CALL_H
#include <stdbool.h>
#include "session.h"
#include "web.h"

struct api_call {
    struct web *web;      /* of the page that needs it; its provider's settings say where */
    const char *path;     /* "/records" */
    char *token;          /* owned, secret */
    bool bound;           /* it goes with a proof (RFC 9449) */
    char *body;           /* JSON to post, owned; NULL: GET */
    char key[80];         /* Idempotency-Key; "" none */
    char session[80];     /* whose page it is; the session may end meanwhile */
    long status;          /* 0: no answer */
    char *answer;         /* owned */
    char challenge[1024]; /* WWW-Authenticate, "" without */
    char why[256];        /* for the log */
};

/* For the page w of this session, with its token.  NULL: no memory. */
struct api_call *api_call_new(struct web *w, const char *path, const struct session *session);
void api_call_run(void *call);
void api_call_free(struct api_call *call); /* not the exchange */

#endif
