/* The table of fail.h, and its two plain forms.  Must not decide anything. */
#include "oidc/fail.h"
#include "base/arena.h"
#include "oidc/dpop_proof.h"

struct row {
    const char *name;
    const char *error;
    const char *text;
    int status;
};

/* spec: RFC 6749 §5.2:characters; RFC 6750 §3.1:errors; RFC 7523 §3.2 every refused assertion is
 * invalid_client */
static const struct row rows[REFUSAL_COUNT] = {[REFUSE_NOTHING] = {"REFUSE_NOTHING", "", "", 200},
#define X(name, error, status, text) [name] = {#name, error, text, status},
                                               REFUSALS(X)
#undef X
};

static const struct row *row_of(enum refusal why)
{
    if ((unsigned)why >= REFUSAL_COUNT) {
        bug("oidc: refusal %d", (int)why);
    }
    return &rows[why];
}

const char *refusal_error(enum refusal why)
{
    return row_of(why)->error;
}

int refusal_status(enum refusal why)
{
    return row_of(why)->status;
}

const char *refusal_text(enum refusal why)
{
    return row_of(why)->text;
}

const char *refusal_name(enum refusal why)
{
    return row_of(why)->name;
}

void refusal_log(enum refusal why, struct str client, enum log_event_name event)
{
    log_event(LOG_INFO, event, LOG_Z("refusal", refusal_name(why) + sizeof("REFUSE_") - 1),
              LOG_Z("error", refusal_error(why)), LOG_STR("client", client));
}

static json_t *refusal_json(struct req *r, enum refusal why)
{
    return json_own(r->arena, json_pack("{s:s, s:s}", "error", refusal_error(why),
                                        "error_description", refusal_text(why)));
}

static void tell_later(struct req *r, enum refusal why)
{
    if (refusal_status(why) == 503) {
        reply_header(r, "Retry-After", STR("1"));
    }
}

enum err refuse_json(struct req *r, enum refusal why, struct str client, enum log_event_name event)
{
    refusal_log(why, client, event);
    if (refusal_status(why) == 401) {
        /* spec: RFC 6749 §5.2:status the 401 response MUST include the WWW-Authenticate header
         * matching the scheme the client used; RFC 9110 §15.5.2 wants one in every 401 */
        reply_header(r, "WWW-Authenticate", STR("Basic realm=\"authd\", charset=\"UTF-8\""));
    }
    tell_later(r, why);
    reply_json(r, refusal_status(why), refusal_json(r, why));
    return OK;
}

enum err refuse_json_telling(struct req *r, enum refusal why, struct str more, struct str client,
                             enum log_event_name event)
{
    refusal_log(why, client, event);
    json_t *body = refusal_json(r, why);
    json_object_set_new(body, "error_description",
                        json_str(str_fmt(r->arena, "%s%.*s", refusal_text(why), STR_FMT(more))));
    reply_json(r, refusal_status(why), body);
    return OK;
}

#define CHALLENGE_BEARER "Bearer realm=\"authd\""
#define CHALLENGE_DPOP "DPoP realm=\"authd\", algs=\"" DPOP_ALGS "\""

/* spec: OpenID Core §5.3.3 errors of userinfo are those of RFC 6750
 * spec: RFC 9449 §7.1:challenge scheme DPoP with the algorithms we take, and its two errors */
enum err refuse_resource(struct req *r, enum refusal why, struct str client, bool dpop)
{
    refusal_log(why, client, TOKEN_REFUSED);
    tell_later(r, why);
    const char *error = refusal_error(why);
    if (error[0] == '\0') {
        /* spec: RFC 6750 §3 the resource server MUST include the WWW-Authenticate header;
         * §3.1:silent without any authentication information it SHOULD NOT include an error code */
        reply_header(r, "WWW-Authenticate", STR(CHALLENGE_BEARER ", " CHALLENGE_DPOP));
        reply_json(r, refusal_status(why), json_own(r->arena, json_object()));
        return OK;
    }
    reply_header(r, "WWW-Authenticate",
                 str_fmt(r->arena, "%s, error=\"%s\", error_description=\"%s\"%s",
                         dpop ? CHALLENGE_DPOP : CHALLENGE_BEARER, error, refusal_text(why),
                         why == REFUSE_BEARER_SCOPE ? ", scope=\"openid\"" : ""));
    bool is_proof = str_ends(str_from(error), STR("dpop_proof")) ||
                    str_ends(str_from(error), STR("dpop_nonce"));
    reply_json(r, is_proof ? 401 : refusal_status(why), refusal_json(r, why));
    return OK;
}
