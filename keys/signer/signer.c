/* The door of the signer: table of warrants first, then the operation.  See signer.h. */
#include "signer/signer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "keystore/key.h"
#include "signer/state.h"

static signer_op_fn *const operations[SIGNER_OP_COUNT] = {
    [SIGNER_HELLO] = op_hello,
    [SIGNER_LOAD_KEYS] = op_load_keys,
    [SIGNER_GENERATE_KEY] = op_generate_key,
    [SIGNER_REWRAP] = op_rewrap,
    [SIGNER_KEY_SET] = op_key_set,
    [SIGNER_SEAL] = op_seal,
    [SIGNER_ISSUE_CODE] = op_issue_code,
    [SIGNER_ISSUE_TOKENS] = op_issue_tokens,
    [SIGNER_CLIENT_TOKEN] = op_client_token,
    [SIGNER_USERINFO] = op_userinfo,
    [SIGNER_LOGOUT_TOKEN] = op_logout_token,
    [SIGNER_IDENTITY_OPEN] = op_identity_open,
    [SIGNER_LOOKUP_DIGESTS] = op_lookup_digests,
    [SIGNER_ADDRESS_OPEN] = op_address_open,
    [SIGNER_PERSON] = op_person,
    [SIGNER_PASSWORD_WORDS] = op_password_words,
    [SIGNER_IMPORT_DIGESTS] = op_import_digests,
    [SIGNER_IMPORT_COMPARE] = op_import_compare,
    [SIGNER_SANDBOX_FORGE] = op_sandbox_forge,
};

enum err signer_new(struct signer **out)
{
    struct signer *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fail(ERR_NO_MEMORY, "signer: no memory");
    }
    s->arena = arena_new(0);
    s->key_set_arena = arena_new(0);
    if (s->arena == NULL || s->key_set_arena == NULL) {
        signer_free(&s);
        return fail(ERR_NO_MEMORY, "signer: no memory");
    }
    s->clock_lead_ms = clock_lead_ms();
    *out = s;
    return OK;
}

void signer_free(struct signer **s)
{
    if (*s != NULL) {
        held_keys_free(&(*s)->keys);
        wrap_ring_free(&(*s)->signers);
        wrap_ring_free(&(*s)->verifiers);
        arena_free((*s)->arena);
        arena_free((*s)->key_set_arena);
        free(*s);
        *s = NULL;
    }
}

int64_t signer_now(const struct signer *s)
{
    return clock_at_lead_ms(s->clock_lead_ms) / 1000;
}

/* What can be done before keys are loaded: making them, and loading them. */
static bool works_without_keys(uint16_t op)
{
    return op == SIGNER_HELLO || op == SIGNER_LOAD_KEYS || op == SIGNER_GENERATE_KEY ||
           op == SIGNER_REWRAP || op == SIGNER_SEAL;
}

enum err signer_serve(struct arena *a, struct signer *s, enum channel from, uint16_t op,
                      struct str request, struct str *answer)
{
    err_clear();
    if (warrant_needed(op, from) == WARRANT_REFUSED) {
        return fail(ERR_DENIED, "warrant: operation %u is not for channel %d", (unsigned)op,
                    (int)from);
    }
    if (op != SIGNER_HELLO && !s->configured) {
        return fail(ERR_UNAVAILABLE, "signer: no master key yet");
    }
    if (s->keys == NULL && !works_without_keys(op)) {
        return fail(ERR_UNAVAILABLE, "signer: no keys loaded yet");
    }
    TRY(warrant_count(&s->quotas[op], op, signer_now(s)));
    return operations[op](a, s, from, request, answer);
}

bool signer_has_keys(const struct signer *s)
{
    return s->keys != NULL;
}

bool signer_is_slow(uint16_t op, struct str request)
{
    struct wire w = wire_read(request);
    struct str name = STR_NONE;
    enum alg alg;
    switch (op) {
    case SIGNER_GENERATE_KEY: {
        (void)wire_str(&w); /* use */
        name = wire_str(&w);
        break;
    }
    case SIGNER_ISSUE_TOKENS:
        for (int i = 0; i < 5; i++) {
            (void)wire_str(&w); /* proof, secret, scope, resource, cnf */
        }
        if (wire_u8(&w) != 0) {
            name = wire_str(&w);
        }
        break;
    case SIGNER_LOGOUT_TOKEN: {
        uint8_t ids[2 * UUID_SIZE];
        wire_fixed(&w, ids, sizeof ids);
        (void)wire_str(&w); /* client_id, sector */
        (void)wire_str(&w);
        name = wire_str(&w);
        break;
    }
    default:
        break;
    }
    return !w.broken && alg_from_name(name, &alg) && alg_is_slow(alg);
}
