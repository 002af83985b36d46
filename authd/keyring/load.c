/* Brings the sealed rows to the signers of this node.
 *
 * Signers need what signs, what is published, and the kids of what was revoked lately; the rest of
 * the history stays in the database, so that the message never outgrows a frame. */
#include "keyring/keyring.h"

#include "log/log.h"
#include "peer/signer_client.h"

/* Longer than any token under a revoked key can live. */
#define REVOKED_REMEMBERED_S ((int64_t)90 * 24 * 3600)

void keyring_load_message(struct arena *a, const struct keyring *ring, int64_t clock_offset_ms,
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
        if (!revoked && !sealed) {
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
        .clock_offset_ms = clock_offset_ms,
        .rows = rows,
        .n_rows = n,
    };
}

enum err keyring_load(struct task *t, struct peer *signers, const struct keyring *ring,
                      int64_t clock_offset_ms)
{
    struct signer_load_keys message;
    keyring_load_message(t->arena, ring, clock_offset_ms, &message);
    TRY(ask_load_keys(t, signers, &message));
    log_event(LOG_INFO, KEYS_LOADED, LOG_INT("generation", ring->generation),
              LOG_INT("keys", message.n_rows));
    return OK;
}
