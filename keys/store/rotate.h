/* The life of signing keys as one pure function: (rows, policy, now) -> actions.  No clock, no
 * database, no key material: the clerk runs it on schedule, the administrator by command, and both
 * apply the actions in the order given, in one statement each, then load the signers.
 *
 *   next -> active -> retiring -> retired          revoked: from any state, at once
 *
 * What it promises (tests/unit/keystore/rotate_test.c walks it at random):
 *  - never without an active key; one `next` per algorithm always published;
 *  - no planned switch before the key has been published for max(JWKS max-age, publish minimum) +
 * margin;
 *  - no key leaves the published set while a token under it may live.
 * The exceptions are named in the plan: the first key of an algorithm, --force, revocation.
 *
 * It is run after a successful load of all signers: then every row in it stands in the JWKS. */
#ifndef KEYSTORE_ROTATE_H
#define KEYSTORE_ROTATE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum key_state { KEY_NEXT, KEY_ACTIVE, KEY_RETIRING, KEY_RETIRED, KEY_REVOKED, KEY_STATE_COUNT };
const char *key_state_name(enum key_state s);
CHECKED enum err key_state_read(struct str name, enum key_state *out);

struct rotate_key { /* times are seconds of the database's clock; 0: not yet */
    struct str kid, use, alg;
    enum key_state state;
    int64_t created_at, published_at, activate_at, activated_at, unpublish_at;
};

struct rotate_policy {
    const char *const *algs; /* signature algorithms kept ready */
    size_t n_algs;
    int64_t jwks_max_age_s;
    int64_t publish_min_s;
    int64_t switch_lead_s; /* a plan must reach every process of every node before it comes true */
    int64_t margin_s;      /* caches fetch a little late, clocks differ a little */
    int64_t token_lifetime_s; /* of the longest-lived token that is verified with the JWKS */
    int64_t rotation_days;    /* 0: by command only */
};

enum rotate_verb {
    ROTATE_GENERATE, /* use, alg; state `state`; at: activated_at when active */
    ROTATE_PUBLISH,  /* kid: published_at = at */
    ROTATE_PLAN,     /* kid: activate_at = at (0 takes a plan back) */
    ROTATE_RETIRING, /* kid: state retiring, retired_at = at, unpublish_at = until */
    ROTATE_ACTIVATE, /* kid: state active, activated_at = at */
    ROTATE_RETIRE,   /* kid: state retired; its private part is destroyed */
    ROTATE_REVOKE    /* kid: state revoked, revoked_at = at; its private part is destroyed */
};
const char *rotate_verb_name(enum rotate_verb v);

struct rotate_action {
    enum rotate_verb verb;
    struct str kid, use, alg;
    enum key_state state;
    int64_t at, until;
};
struct rotate_plan {
    struct rotate_action *actions; /* in the order in which they must be applied */
    size_t n;
    struct str text;       /* what happens and when, and what would break: lines for a person */
    int64_t next_event_at; /* when something is due again; 0: nothing */
};

/* What is due at `now`. */
CHECKED enum err rotate_due(struct arena *a, const struct rotate_key *keys, size_t n,
                            const struct rotate_policy *policy, int64_t now,
                            struct rotate_plan *out);

/* A planned rotation, of one algorithm or (alg absent) of all.  wanted_at 0: the soonest that is
 * safe. Sooner than safe is ERR_CONFLICT with the cure unless `force`; out->text says then what
 * would break. Asked again while one is pending it changes nothing, unless forced to be sooner. */
CHECKED enum err rotate_request(struct arena *a, const struct rotate_key *keys, size_t n,
                                const struct rotate_policy *policy, int64_t now, struct str alg,
                                int64_t wanted_at, bool force, struct rotate_plan *out);

/* At once; `next` takes over and a new one is made.  ERR_NOT_FOUND; ERR_DENIED for keys that are
 * not for signing; ERR_CONFLICT when it is revoked already. */
CHECKED enum err rotate_revoke(struct arena *a, const struct rotate_key *keys, size_t n,
                               const struct rotate_policy *policy, int64_t now, struct str kid,
                               struct rotate_plan *out);

/* The root key's successor, in two steps with people between them: the first makes it, unless it is
 * there, so that portals can pin both; the second lets it sign the key set and destroys the private
 * part of the one before.  ERR_CONFLICT when there is nothing to follow, or nothing that follows. */
CHECKED enum err rotate_root_prepare(struct arena *a, const struct rotate_key *keys, size_t n,
                                     const struct rotate_policy *policy, int64_t now,
                                     struct rotate_plan *out);
CHECKED enum err rotate_root_switch(struct arena *a, const struct rotate_key *keys, size_t n,
                                    const struct rotate_policy *policy, int64_t now,
                                    struct rotate_plan *out);

/* The key of `alg` that signs at `now`: of those active or next with a time that has come, the
 * latest. Signers use it, so all switch at the same moment whenever the row is written.  NULL:
 * none. */
const struct rotate_key *rotate_active(const struct rotate_key *keys, size_t n, struct str alg,
                                       int64_t now);
/* Soonest safe moment for a switch to this next key. */
int64_t rotate_safe_at(const struct rotate_key *next, const struct rotate_policy *policy,
                       int64_t now);

#endif
