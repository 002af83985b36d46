/* Sets of keys: an array, searched from front to back, because sets are small. */
#include "jose/jwks.h"
#include <stdlib.h>
#include "base/json.h"

struct jwks {
    size_t n;
    struct jwk *keys[JWKS_KEYS_MAX];
};

enum err jwks_read_json(const json_t *object, enum alg rsa_alg, struct jwks **out)
{
    const json_t *keys = json_object_get(object, "keys");
    if (!json_is_array(keys)) {
        return fail(ERR_INPUT, "jwks: no array \"keys\"");
    }
    if (json_array_size(keys) > JWKS_KEYS_MAX) {
        return fail(ERR_LIMIT, "jwks: %zu keys", json_array_size(keys));
    }
    struct jwks *set = calloc(1, sizeof(*set));
    if (set == NULL) {
        return fail(ERR_NO_MEMORY, "jwks");
    }
    for (size_t i = 0; i < json_array_size(keys); i++) {
        /* spec: RFC 7517 §5 SHOULD ignore keys not understood, incomplete or out of range */
        enum err e = jwk_read(json_array_get(keys, i), rsa_alg, &set->keys[set->n]);
        if (e == ERR_NO_MEMORY || e == ERR_CRYPTO) {
            jwks_free(set);
            return e;
        }
        set->n += e == OK;
    }
    *out = set;
    return OK;
}

enum err jwks_read(struct str text, enum alg rsa_alg, struct jwks **out)
{
    json_t *object = NULL;
    enum err e = json_read(text, JSON_SIZE_MAX, &object);
    if (e == OK) {
        e = jwks_read_json(object, rsa_alg, out);
    }
    json_decref(object);
    return e;
}

void jwks_free(struct jwks *set)
{
    if (set == NULL) {
        return;
    }
    for (size_t i = 0; i < set->n; i++) {
        jwk_free(set->keys[i]);
    }
    free(set);
}

size_t jwks_count(const struct jwks *set)
{
    return set->n;
}

const struct jwk *jwks_at(const struct jwks *set, size_t i)
{
    return i < set->n ? set->keys[i] : NULL;
}

const struct jwk *jwks_find(const struct jwks *set, struct str kid, enum alg alg)
{
    const struct jwk *found = NULL;
    for (size_t i = 0; i < set->n; i++) {
        const struct jwk *k = set->keys[i];
        if (k->alg != alg) {
            continue;
        }
        if (kid.p == NULL) {
            if (found != NULL) {
                return NULL;
            }
            found = k;
        } else if (str_eqz(kid, k->kid)) {
            return k;
        }
    }
    return found;
}

bool jwks_has_kid(const struct jwks *set, struct str kid)
{
    for (size_t i = 0; i < set->n; i++) {
        if (str_eqz(kid, set->keys[i]->kid)) {
            return true;
        }
    }
    return false;
}
