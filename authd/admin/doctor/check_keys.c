/* The key store: what must be there is there, follows in time, and waits for the master key that is
 * configured.  Nothing is opened: a wrapped key names the key it waits for. */
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "doctor/inside.h"
#include "keystore/seal.h"

#define LATE_DAYS 7
#define OLD_DAYS 400

static void check_uses(struct doctor *d)
{
    PGresult *r = ask_database(
        d,
        "SELECT u.use, EXISTS (SELECT FROM keystore_key k WHERE k.use = u.use) FROM unnest("
        "ARRAY['root', 'subject', 'proof', 'pepper', 'lookup', 'handle', 'audit']) AS u (use) "
        "WHERE NOT EXISTS (SELECT FROM keystore_key k WHERE k.use = u.use AND k.state = 'active' "
        "AND k.sealed IS NOT NULL)");
    for (int i = 0; r && i < PQntuples(r); i++) {
        found(d, FOUND_ERROR, SAY(d, "there is no usable %s key", PQgetvalue(r, i, 0)),
              "restore its row of keystore_key from a backup; see docs/keys.md");
    }
    PQclear(r);
}

static void check_algorithms(struct doctor *d)
{
    PGresult *r = ask_database(
        d,
        "SELECT a.alg, (SELECT floor(extract(epoch FROM now() - coalesce(k.activated_at, "
        "k.created_at)) / 86400)::int FROM keystore_key k WHERE k.use = 'sign' AND k.alg = a.alg "
        "AND k.state = 'active'), "
        "(SELECT n.published_at IS NOT NULL FROM keystore_key n WHERE n.use = 'sign' AND n.alg = "
        "a.alg AND n.state = 'next') "
        "FROM unnest(ARRAY['ES256', 'EdDSA', 'PS256', 'RS256']) AS a (alg)");
    long rotation = d->config->key_rotation_days;
    for (int i = 0; r && i < PQntuples(r); i++) {
        const char *alg = PQgetvalue(r, i, 0);
        long age = atol(PQgetvalue(r, i, 1));
        if (PQgetisnull(r, i, 1)) {
            found(d, FOUND_ERROR, SAY(d, "no key signs %s", alg),
                  "start authd: its clerk makes one; if it runs, see the clerk's lines in the log");
        } else if (rotation ? age > rotation + LATE_DAYS : age > OLD_DAYS) {
            found(d, FOUND_WARNING, SAY(d, "the key of %s signs since %ld days", alg, age),
                  "authctl keys rotate");
        }
        if (PQgetisnull(r, i, 2) || strcmp(PQgetvalue(r, i, 2), "t") != 0) {
            found(d, FOUND_WARNING,
                  SAY(d, "no next key of %s is published: an emergency would break services", alg),
                  "start authd: its clerk makes one; if it runs, see the clerk's lines in the log");
        }
    }
    PQclear(r);
}

static bool hex_read(struct str text, uint8_t out[MASTER_KEY_SIZE])
{
    if (text.n != 2 * MASTER_KEY_SIZE) {
        return false;
    }
    for (size_t i = 0; i < MASTER_KEY_SIZE; i++) {
        char two[3] = {text.p[2 * i], text.p[2 * i + 1], 0};
        char *end;
        out[i] = (uint8_t)strtoul(two, &end, 16);
        if (*end) {
            return false;
        }
    }
    return true;
}

/* The rings of a master key file; false: it can't be read, told under configuration. */
static bool rings_of(struct doctor *d, const char *name, struct wrap_ring *out[2])
{
    uint8_t master[MASTER_KEY_SIZE];
    struct str text;
    bool good = name[0] && config_secret(d->arena, name, &text) == OK && hex_read(text, master);
    for (int i = 0; good && i < 2; i++) {
        good = wrap_ring_of_master(str_of(master, sizeof master), STR_NONE,
                                   i ? WRAP_FOR_VERIFIERS : WRAP_FOR_SIGNERS, &out[i]) == OK;
    }
    ct_wipe(master, sizeof master);
    return good;
}

static void check_master(struct doctor *d)
{
    struct wrap_ring *present[2] = {NULL, NULL}, *previous[2] = {NULL, NULL};
    long other = 0, old = 0;
    PGresult *r = NULL;
    if (rings_of(d, d->config->master_key_file, present)) {
        (void)rings_of(d, d->config->master_key_previous_file, previous);
        r = ask_database(d,
                         "SELECT use, encode(sealed, 'hex') FROM keystore_key WHERE sealed IS NOT "
                         "NULL");
    }
    for (int i = 0; r && i < PQntuples(r); i++) {
        size_t n;
        unsigned char *bytes = PQunescapeBytea(
            (unsigned char *)str_z(d->arena, SAY(d, "\\x%s", PQgetvalue(r, i, 1))), &n);
        enum wrap_for readers = wrap_for_use(str_from(PQgetvalue(r, i, 0)));
        size_t which = readers == WRAP_FOR_VERIFIERS;
        if (bytes && !wrap_is_present(present[which], str_of(bytes, n))) {
            bool is_old = previous[which] && wrap_is_present(previous[which], str_of(bytes, n));
            old += is_old;
            other += !is_old;
        }
        PQfreemem(bytes);
    }
    if (other) {
        found(d, FOUND_ERROR,
              SAY(d, "%ld keys wait for another master key than the one configured", other),
              "put the right file in place; see \"Losing the master key\" in docs/keys.md");
    }
    if (old) {
        found(d, FOUND_WARNING, SAY(d, "%ld keys still wait for the previous master key", old),
              "authctl keys rewrap");
    }
    PQclear(r);
    for (int i = 0; i < 2; i++) {
        wrap_ring_free(&present[i]);
        wrap_ring_free(&previous[i]);
    }
}

void check_keys(struct doctor *d)
{
    PGresult *r = ask_database(d, "SELECT count(*) FROM keystore_key");
    bool empty = r && !strcmp(PQgetvalue(r, 0, 0), "0");
    bool gone = !r;
    PQclear(r);
    if (gone) {
        return;
    }
    if (empty) {
        found(d, FOUND_NOTE, STR("the key store is empty: authd makes its keys at its first start"),
              "");
        return;
    }
    check_uses(d);
    check_algorithms(d);
    check_master(d);
}
