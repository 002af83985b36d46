/* Brings the sealed rows to the signers of this node.
 *
 * Signers need what signs, what is published, the kids of what was revoked lately, and the public
 * parts of what was retired lately (for old id_token_hints); the rest of the history stays in the
 * database, so that the message never outgrows a frame. */
#include "keyring/keyring.h"

#include "log/log.h"
#include "peer/signer_client.h"

/* Longer than any token under a revoked key can live. */
#define REVOKED_REMEMBERED_S ((int64_t)90 * 24 * 3600)

/* As many as a key set may hold (JWKS_KEYS_MAX). */
#define RETIRED_REMEMBERED 64

static bool is_retired_sign(const struct keystore_row *row)
{
    return str_eqz(row->state, "retired") && str_eqz(row->use, "sign") && str_is(row->public_jwk);
}

/* Among the youngest of the retired?  Rows come in the order in which they were made. */
static bool retired_lately(const struct keyring *ring, size_t of)
{
    size_t younger = 0;
    for (size_t i = of + 1; i < ring->n && younger < RETIRED_REMEMBERED; i++) {
        younger += is_retired_sign(&ring->rows[i]);
    }
    return is_retired_sign(&ring->rows[of]) && younger < RETIRED_REMEMBERED;
}

void keyring_load_message(struct arena *a, const struct keyring *ring, int64_t clock_lead_ms,
                          struct signer_load_keys *out)
{
    struct key_row *rows = arena_array(a, ring->n + 1, sizeof *rows);
    uint32_t n = 0;
    for (size_t i = 0; i < ring->n; i++) {
        const struct keystore_row *from = &ring->rows[i];
        bool revoked = str_eqz(from->state, "revoked");
        bool sealed = str_is(from->sealed);
        if (revoked && from->revoked_at < ring->now_ms / 1000 - REVOKED_REMEMBERED_S) {
            continue;
        }
        if (!revoked && !sealed && !retired_lately(ring, i)) {
            continue;
        }
        rows[n++] = (struct key_row){
            .kid = from->kid,
            .use = from->use,
            .alg = from->alg,
            .state = from->state,
            .public_jwk = revoked ? STR_NONE : from->public_jwk,
            .sealed = revoked ? STR_NONE : from->sealed,
            .activate_at = from->activate_at,
            .created_at = from->created_at,
            .version = from->version,
        };
    }
    *out = (struct signer_load_keys){
        .generation = ring->generation,
        .clock_lead_ms = clock_lead_ms,
        .rows = rows,
        .n_rows = n,
    };
}

enum err keyring_load(struct task *t, struct peer *signers, const struct keyring *ring,
                      int64_t clock_lead_ms)
{
    struct signer_load_keys message;
    keyring_load_message(t->arena, ring, clock_lead_ms, &message);
    TRY(ask_load_keys(t, signers, &message));
    log_event(LOG_INFO, KEYS_LOADED, LOG_INT("generation", ring->generation),
              LOG_INT("keys", message.n_rows));
    return OK;
}
