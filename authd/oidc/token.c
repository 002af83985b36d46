/* POST /token: RFC 6749 §3.2.  The client authenticates, then its grant takes over (token_code.c,
 * token_refresh.c, token_client.c).  Refusals of a known client are audited. */
#include "oidc/client_auth.h"
#include "oidc/dpop.h"
#include "oidc/oidc.h"
#include "oidc/token_answer.h"
#include "sso/sso.h"

typedef enum err grant_fn(struct req *r, const struct party *p, const struct params *form,
                          const struct dpop *dpop, enum refusal *why);

/* spec: RFC 9700 §2.4 the password grant MUST NOT be used: it is not in the list */
static const struct {
    const char *grant_type;
    enum audit_event event;
    grant_fn *fn;
} grants[] = {
    {"authorization_code", AUDIT_TOKEN_CODE, token_code},
    {"refresh_token", AUDIT_TOKEN_REFRESH, token_refresh},
    {"client_credentials", AUDIT_TOKEN_CLIENT, token_client},
};

#define GRANT_COUNT (sizeof(grants) / sizeof(grants[0]))

/* Reuse has its own entry, written with the revocation. */
static enum err refuse(struct req *r, const struct party *p, enum audit_event event,
                       enum refusal why)
{
    if (why != REFUSE_CODE_USED && why != REFUSE_REFRESH_USED) {
        struct audit entry = sso_audit(r, event);
        entry.refused = true;
        entry.client_id = p->client.id;
        entry.detail = str_fmt(r->arena, "{\"refusal\":\"%s\"}", refusal_name(why));
        TRY(store_audit_write(r->task, app_of(r)->db, &entry));
    }
    return refuse_json(r, why, p->client.id, TOKEN_REFUSED);
}

enum err oidc_token(struct req *r)
{
    struct params form;
    bool admitted = false;
    struct party p;
    struct dpop dpop;
    enum refusal why = REFUSE_NOTHING;
    TRY(client_admit(r, &form, &p, &admitted));
    if (!admitted) {
        return OK;
    }
    struct str type = param_get(&form, "grant_type");
    if (!str_is(type)) {
        return refuse_json(r, REFUSE_GRANT_TYPE_MISSING, p.client.id, TOKEN_REFUSED);
    }
    for (size_t i = 0; i < GRANT_COUNT; i++) {
        if (!str_eqz(type, grants[i].grant_type)) {
            continue;
        }
        /* spec: RFC 6749 §5.2:errors unauthorized_client: not authorized to use this grant type */
        if (!client_has_grant_type(&p.client, type)) {
            return refuse(r, &p, grants[i].event, REFUSE_GRANT_TYPE_CLIENT);
        }
        /* spec: RFC 9449 §5:proof a proof that is not good is refused, whatever else is asked */
        TRY(dpop_read(r, STR_NONE, &dpop, &why));
        if (why == REFUSE_NOTHING) {
            TRY(grants[i].fn(r, &p, &form, &dpop, &why));
        }
        return why == REFUSE_NOTHING ? OK : refuse(r, &p, grants[i].event, why);
    }
    return refuse_json(r, REFUSE_GRANT_TYPE, p.client.id, TOKEN_REFUSED);
}
