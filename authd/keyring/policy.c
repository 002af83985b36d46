/* From the configuration to the policy of rotations, and from the policy to the keys that must
 * exist. Computes only: no clock, no database. */
#include "keyring/keyring.h"

/* A plan must have reached every process of every node before it comes true: clerks look at the
 * generation every second, and web processes at their signer's set as often. */
#define SWITCH_LEAD_S 5
/* Caches fetch a little late, clocks of nodes differ by at most 5 s (more is not ready). */
#define MARGIN_S 5

static const char *const ALGS[] = {"ES256", "EdDSA", "PS256", "RS256"};
#define N_ALGS (sizeof ALGS / sizeof ALGS[0])

/* What signers cannot be loaded without. */
static const char *const NEEDED_USES[] = {"sign",   "root",   "subject", "proof",
                                          "pepper", "lookup", "handle",  "audit"};
#define N_NEEDED_USES (sizeof NEEDED_USES / sizeof NEEDED_USES[0])

void keyring_policy(const struct config *config, struct rotate_policy *out)
{
    long longest = config->access_token_lifetime_s > config->id_token_lifetime_s
                       ? config->access_token_lifetime_s
                       : config->id_token_lifetime_s;
    *out = (struct rotate_policy){
        .algs = ALGS,
        .n_algs = N_ALGS,
        .jwks_max_age_s = config->jwks_max_age_s,
        .publish_min_s = config->key_publish_min_s,
        .switch_lead_s = SWITCH_LEAD_S,
        .margin_s = MARGIN_S,
        .token_lifetime_s = longest,
        .rotation_days = config->key_rotation_days,
    };
}

struct rotate_key *keyring_rotate_keys(struct arena *a, const struct keyring *ring, size_t *n)
{
    struct rotate_key *keys = arena_array(a, ring->n + 1, sizeof *keys);
    size_t used = 0;
    for (size_t i = 0; i < ring->n; i++) {
        const struct keystore_row *row = &ring->rows[i];
        enum key_state state;
        if (key_state_read(row->state, &state) != OK) {
            bug("keyring: the database holds an unknown key state");
        }
        keys[used++] = (struct rotate_key){
            .kid = row->kid,
            .use = row->use,
            .alg = row->alg,
            .state = state,
            .created_at = row->created_at,
            .published_at = row->published_at,
            .activate_at = row->activate_at,
            .activated_at = row->activated_at,
            .unpublish_at = row->unpublish_at,
        };
    }
    *n = used;
    return keys;
}

static bool has_active(const struct keyring *ring, const char *use)
{
    for (size_t i = 0; i < ring->n; i++) {
        if (str_eqz(ring->rows[i].use, use) && str_eqz(ring->rows[i].state, "active")) {
            return true;
        }
    }
    return false;
}

/* Keys that nothing can make again: with another subject key everybody would get another `sub`,
 * with another pepper no password would fit, with another look-up key nobody would be found. */
static enum err irreplaceable_stand(const struct keyring *ring)
{
    static const char *const irreplaceable[] = {"root", "subject", "pepper", "lookup"};
    for (size_t i = 0; ring->n > 0 && i < sizeof irreplaceable / sizeof irreplaceable[0]; i++) {
        if (!has_active(ring, irreplaceable[i])) {
            return fail(ERR_CONFLICT,
                        "the key store has lost its %s key, which cannot be made again: restore "
                        "table keystore_key from a backup",
                        irreplaceable[i]);
        }
    }
    return OK;
}

enum err keyring_missing(struct arena *a, const struct keyring *ring,
                         const struct rotate_policy *policy, struct rotate_plan *out)
{
    TRY(irreplaceable_stand(ring));
    bool missing = false;
    for (size_t i = 0; i < N_NEEDED_USES; i++) {
        missing |= !has_active(ring, NEEDED_USES[i]);
    }
    if (!missing) {
        *out = (struct rotate_plan){.text = STR("")};
        return OK;
    }
    size_t n;
    struct rotate_key *keys = keyring_rotate_keys(a, ring, &n);
    struct rotate_plan due;
    TRY(rotate_due(a, keys, n, policy, ring->now_ms / 1000, &due));
    struct rotate_plan made = {.actions = arena_array(a, due.n + 1, sizeof *made.actions),
                               .text = due.text};
    for (size_t i = 0; i < due.n; i++) {
        if (due.actions[i].verb == ROTATE_GENERATE) {
            made.actions[made.n++] = due.actions[i];
        }
    }
    *out = made;
    return OK;
}
