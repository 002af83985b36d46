/* What is said when a request is refused before, or instead of, its handler: as OAuth JSON to
 * programs, as the page of the `broken` callback to people.  Must not tell reasons that are meant
 * for the log. */
#include "base/rand.h"
#include "http/core.h"

#define RETRY_MIN_S 2u
#define RETRY_SPREAD_S 4u

const char *refusal_json(int status)
{
    switch (status) {
    case 413:
        return "{\"error\":\"invalid_request\",\"error_description\":\"The request is too "
               "large.\"}";
    case 503:
        return "{\"error\":\"temporarily_unavailable\",\"error_description\":\"Try again in a "
               "moment.\"}";
    default:
        return "{\"error\":\"server_error\",\"error_description\":\"Something went wrong here; it "
               "has been noted.\"}";
    }
}

static void say_json(struct req *r, int status, const char *why)
{
    if (why == NULL || status >= 500) {
        reply_text(r, status, "application/json", str_from(refusal_json(status)));
        return;
    }
    json_t *o = json_own(r->arena, json_object());
    json_object_set_new(o, "error", json_string(status == 404 ? "not_found" : "invalid_request"));
    json_object_set_new(o, "error_description", json_string(why));
    reply_json(r, status, o);
}

void refusal_reply(struct http_server *s, struct req *r, bool json, int status, const char *why)
{
    reply_clear(r);
    r->reply.status = status;
    if (!json && s->broken != NULL) {
        s->broken(r, status);
    }
    if (json || s->broken == NULL || r->reply.status == 0 || r->reply.body.n == 0) {
        say_json(r, status, why);
    }
    if (status == 503 || status == 429) {
        struct str after = str_fmt(r->arena, "%u", RETRY_MIN_S + rand_below(RETRY_SPREAD_S));
        reply_header(r, "Retry-After", after);
        if (!json && (r->method & (HTTP_GET | HTTP_HEAD)) != 0) {
            reply_header(r, "Refresh", after);
        }
    }
}
