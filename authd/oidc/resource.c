/* Resource servers are few and registered by the administrator (store/client.h). */
#include "oidc/resource.h"
#include "base/buf.h"
#include "jose/jwt.h"
#include "oidc/scope.h"
#include "sso/sso.h"
#include "store/client.h"

static bool beyond_people(struct str scope)
{
    struct str word;
    while (str_word(&scope, &word)) {
        if (!scope_is_of_people(word)) {
            return true;
        }
    }
    return false;
}

static bool concerns(const struct resource_row *row, struct str scope)
{
    struct str word;
    while (str_word(&scope, &word)) {
        if (str_words_have(row->scopes, word)) {
            return true;
        }
    }
    return false;
}

static struct resource_group *group_find(struct arena *a, struct resource_group *groups, size_t *n,
                                         struct str name, size_t room)
{
    for (size_t i = 0; i < *n; i++) {
        if (str_eq(groups[i].name, name)) {
            return &groups[i];
        }
    }
    groups[*n] = (struct resource_group){name, {arena_array(a, room, sizeof(struct str)), 0}};
    return &groups[(*n)++];
}

static struct str name_of(const struct resource_row *rows, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++) {
        if (str_words_have(rows[i].scopes, word)) {
            return rows[i].name;
        }
    }
    return word;
}

enum err resource_groups(struct req *r, struct str scope, struct resource_group **out, size_t *n)
{
    const struct resource_row *rows = NULL;
    size_t n_rows = 0;
    size_t words = 0;
    struct str rest = scope, word;
    *out = NULL;
    *n = 0;
    if (!beyond_people(scope)) {
        return OK;
    }
    TRY(store_resources(r->task, app_of(r)->db, &rows, &n_rows));
    while (str_word(&rest, &word)) {
        words++;
    }
    *out = arena_array(r->arena, words, sizeof(struct resource_group));
    while (str_word(&scope, &word)) {
        if (!scope_is_of_people(word)) {
            struct resource_group *g =
                group_find(r->arena, *out, n, name_of(rows, n_rows, word), words);
            g->scopes.v[g->scopes.n++] = word;
        }
    }
    return OK;
}

/* spec: RFC 9068 §3, RFC 9700 §2.3 aud MUST name the resource servers of the scope; none of them:
 * this server */
enum err resource_audiences(struct req *r, struct str scope, struct str *out)
{
    struct buf b = buf_in(r->arena);
    const struct resource_row *rows = NULL;
    size_t n = 0;
    if (beyond_people(scope)) {
        TRY(store_resources(r->task, app_of(r)->db, &rows, &n));
    }
    for (size_t i = 0; i < n; i++) {
        if (concerns(&rows[i], scope)) {
            buf_addz(&b, b.n == 0 ? "" : " ");
            buf_add(&b, rows[i].audience);
        }
    }
    if (b.n > 0 && str_words_have(scope, STR("openid"))) {
        buf_byte(&b, ' ');
        buf_addz(&b, app_of(r)->config->issuer);
    }
    *out = buf_str(&b);
    return OK;
}

enum err resource_may_introspect(struct req *r, struct str client_id, const json_t *claims,
                                 bool *out)
{
    const struct resource_row *rows = NULL;
    size_t n = 0;
    TRY(store_resources(r->task, app_of(r)->db, &rows, &n));
    *out = false;
    for (size_t i = 0; i < n; i++) {
        if (rows[i].may_introspect && str_eq(rows[i].client_id, client_id) &&
            jwt_audience_has(claims, rows[i].audience)) {
            *out = true;
        }
    }
    return OK;
}
