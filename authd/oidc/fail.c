/* The table of fail.h, and its two plain forms.  Must not decide anything. */
#include "oidc/fail.h"
#include "base/arena.h"

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

enum err refuse_json(struct req *r, enum refusal why, struct str client, enum log_event_name event)
{
    refusal_log(why, client, event);
    if (refusal_status(why) == 401) {
        /* spec: RFC 6749 §5.2:status the 401 response MUST include the WWW-Authenticate header
         * matching the scheme the client used; RFC 9110 §15.5.2 wants one in every 401 */
        reply_header(r, "WWW-Authenticate", STR("Basic realm=\"authd\", charset=\"UTF-8\""));
    }
    reply_json(r, refusal_status(why), refusal_json(r, why));
    return OK;
}

/* spec: OpenID Core §5.3.3 errors of userinfo are those of RFC 6750 */
enum err refuse_bearer(struct req *r, enum refusal why, struct str client)
{
    refusal_log(why, client, TOKEN_REFUSED);
    /* spec: RFC 6750 §3 the resource server MUST include the WWW-Authenticate header; §3.1:silent
     * without any authentication information it SHOULD NOT include an error code */
    const char *error = refusal_error(why);
    struct str challenge =
        error[0] == '\0'
            ? STR("Bearer realm=\"authd\"")
            : str_fmt(r->arena, "Bearer realm=\"authd\", error=\"%s\", error_description=\"%s\"%s",
                      error, refusal_text(why),
                      why == REFUSE_BEARER_SCOPE ? ", scope=\"openid\"" : "");
    reply_header(r, "WWW-Authenticate", challenge);
    if (error[0] == '\0') {
        reply_json(r, refusal_status(why), json_own(r->arena, json_object()));
        return OK;
    }
    reply_json(r, refusal_status(why), refusal_json(r, why));
    return OK;
}
