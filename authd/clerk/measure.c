/* What only the clerk knows, for /metrics: since when the signing keys sign, whether successors are
 * published, how many standby servers follow. */
#include "base/clock.h"
#include "clerk/clerk.h"
#include "keyring/keyring.h"
#include "store/keystore.h"

#define PERIOD_MS 15000

static const struct {
    const char *alg;
    enum board_gauge gauge;
} gauges[] = {{"ES256", GAUGE_KEY_ES256},
              {"EdDSA", GAUGE_KEY_EDDSA},
              {"PS256", GAUGE_KEY_PS256},
              {"RS256", GAUGE_KEY_RS256}};

static void measure_keys(struct board_slot *to, const struct keyring *ring)
{
    int64_t next = 0;
    for (size_t i = 0; i < ring->n; i++) {
        const struct keystore_row *k = &ring->rows[i];
        if (!str_eqz(k->use, "sign")) {
            continue;
        }
        next += str_eqz(k->state, "next");
        for (size_t g = 0; g < sizeof gauges / sizeof gauges[0]; g++) {
            if (str_eqz(k->state, "active") && str_eqz(k->alg, gauges[g].alg)) {
                board_gauge_set(to, gauges[g].gauge, k->activated_at);
            }
        }
    }
    board_gauge_set(to, GAUGE_KEYS_NEXT, next);
}

enum err clerk_measure(struct task *t, struct clerk *c)
{
    struct keyring ring;
    int64_t standbys;
    if (clock_mono_ms() < c->measure_due_ms) {
        return OK;
    }
    TRY(keyring_read(t, c->db, &ring));
    TRY(store_standbys(t, c->db, &standbys));
    measure_keys(c->process->counts, &ring);
    board_gauge_set(c->process->counts, GAUGE_STANDBYS, standbys);
    c->measure_due_ms = clock_mono_ms() + PERIOD_MS;
    return OK;
}
