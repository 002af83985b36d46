/* Row to party.  Must not judge the request. */
#include "oidc/party.h"
#include "oidc/party_cache.h"
#include "sso/sso.h"

#define CLIENT_ID_MAX 64

static uint8_t higher(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

enum err party_find(struct req *r, struct str id, struct party *out)
{
    struct party p;
    TRY(party_find_any(r, id, &p));
    if (!p.row.active) {
        return fail(ERR_NOT_FOUND, "client: disabled");
    }
    *out = p;
    return OK;
}

enum err party_find_any(struct req *r, struct str id, struct party *out)
{
    struct party p;
    if (!str_is(id) || id.n > CLIENT_ID_MAX) {
        return fail(ERR_NOT_FOUND, "client: no such id");
    }
    TRY(store_client_find(r->task, app_of(r)->db, id, &p.row));
    TRY(party_client(r->arena, app_of(r), &p.row, &p.client));
    struct client *c = &p.client;
    c->sector = p.row.sector;
    c->consent_exempt = c->consent_exempt || p.row.consent_exempt;
    /* Floors stand in the row; a registration may only raise them. */
    c->account_level_floor = higher(c->account_level_floor, p.row.account_level_floor);
    c->authentication_level_floor =
        higher(c->authentication_level_floor, p.row.authentication_level_floor);
    *out = p;
    return OK;
}

struct str party_name(const struct party *p, bool vietnamese)
{
    return client_display_name(&p->client, vietnamese);
}
