/* One request and everything that can be seen of it: for the checks themselves, and as the
 * transport under libeid, so that its requests are looked at as well.  libcurl; nothing follows a
 * redirect, nothing is sent to a server whose certificate is refused. */
#ifndef CHECKUP_WEB_H
#define CHECKUP_WEB_H
#include <curl/curl.h>
#include "base/str.h"
#include "checkup/tls.h"
#include "eid/transport.h"

struct seen {
    const char *url;
    CURLcode code;   /* CURLE_OK: there is an answer */
    const char *why; /* otherwise: libcurl's words */
    int status;
    int64_t date_s; /* of the header Date; 0: none */
    int64_t at_s;   /* our clock when the answer came */
    int64_t took_ms;
    struct str body;
    struct str headers; /* as they came, lines */
    bool too_large;
    struct tls_seen tls;
};

struct web {
    struct arena *arena;
    const char *ca_file;
    long timeout_ms;
    struct seen *last; /* the last request of the transport; NULL: none yet */
    struct str state;  /* the parameter of that name, last pushed by libeid */
};

/* form: NULL for GET.  Never NULL. */
struct seen *web_ask(struct web *w, const char *url, const char *form);
/* Value of a header, first of its name; STR_NONE. */
struct str web_header(const struct seen *s, const char *name);
/* The same, for all of that name: begin with *rest = s->headers. */
bool web_header_next(struct str *rest, const char *name, struct str *out);
/* arg: struct web. */
int web_transport(void *arg, const struct eid_request *request, struct eid_response *response,
                  char why[128]);

#endif
