/* The ledger of erasures: can it be read, does every line follow the one before, and does this
 * database go with it?  A backup that was restored and lacks an erasure is found here, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "doctor/inside.h"
#include "ledger/ledger.h"

#define BEHIND_S "60"

struct ledger_seen {
    char id[LEDGER_ID]; /* of the ledger itself */
    struct ledger_line last;
    bool whole;
};

static bool key_of(struct doctor *d, uint8_t out[LEDGER_KEY_SIZE])
{
    struct str hex;
    if (config_secret(d->arena, d->config->erasures_key_file, &hex) == OK &&
        ledger_key_read(hex, out) == OK) {
        return true;
    }
    found(d, FOUND_ERROR, STR("the key of the ledger of erasures can't be read"),
          "bring erasures.key_file back from where its copy is kept: 64 hex digits");
    return false;
}

static void read_lines(struct doctor *d, FILE *from, const uint8_t *key, struct ledger_seen *out)
{
    char text[LEDGER_LINE_MAX + 2];
    struct ledger l;
    ledger_begin(&l, key);
    out->whole = true;
    while (out->whole && fgets(text, sizeof text, from) != NULL) {
        size_t n = strlen(text);
        out->whole =
            n > 0 && text[n - 1] == '\n' && ledger_read(&l, str_of(text, n - 1), &out->last) == OK;
        if (out->whole && out->last.number == 0) {
            memcpy(out->id, out->last.id, sizeof out->id);
        }
    }
    if (!out->whole) {
        found(d, FOUND_ERROR,
              SAY(d, "line %llu of %s does not follow from the one before: it was changed or cut",
                  (unsigned long long)l.lines + 1, d->config->erasures_ledger_file),
              "bring a copy of the ledger from another node, then authctl erasures check");
    }
    ct_wipe(&l, sizeof l);
}

static bool file_of(struct doctor *d, struct ledger_seen *out)
{
    uint8_t key[LEDGER_KEY_SIZE];
    if (!key_of(d, key)) {
        return false;
    }
    FILE *from = fopen(d->config->erasures_ledger_file, "re");
    if (from == NULL) {
        found(d, FOUND_ERROR,
              SAY(d, "the ledger of erasures %s can't be read", d->config->erasures_ledger_file),
              "bring a copy of it from another node; without it a restored backup would bring the "
              "erased back");
    } else {
        read_lines(d, from, key, out);
        fclose(from);
    }
    ct_wipe(key, sizeof key);
    return from != NULL && out->whole;
}

static void compare(struct doctor *d, const struct ledger_seen *seen, const char *of_database,
                    unsigned long long number)
{
    if (of_database[0] != '\0' && seen->id[0] != '\0' && strcmp(of_database, seen->id) != 0) {
        found(d, FOUND_ERROR, STR("this is the ledger of erasures of another database"),
              "set erasures.ledger_file to a copy of this database's ledger");
    } else if (of_database[0] != '\0' && seen->id[0] == '\0') {
        found(d, FOUND_ERROR, STR("the ledger of erasures is empty, but this database has one"),
              "bring a copy of it from another node");
    } else if (number < seen->last.number) {
        found(d, FOUND_ERROR,
              SAY(d, "this database lacks %llu erasures of the ledger: it was restored",
                  (unsigned long long)seen->last.number - number),
              "authctl erasures replay");
    }
}

void check_erasures(struct doctor *d)
{
    struct ledger_seen seen = {.whole = false};
    PGresult *r = ask_database(
        d, "SELECT coalesce((SELECT id::text FROM erasure_ledger LIMIT 1), ''), "
           "(SELECT coalesce(max(seq), 0) FROM erasure), (SELECT count(*) FROM erasure WHERE "
           "noted_at IS NULL AND erased_at < now() - interval '" BEHIND_S " s')");
    if (r == NULL) {
        return;
    }
    const char *of_database = PQgetvalue(r, 0, 0);
    if (d->config->erasures_ledger_file[0] != '\0') {
        if (file_of(d, &seen)) {
            compare(d, &seen, of_database, strtoull(PQgetvalue(r, 0, 1), NULL, 10));
        }
    } else if (of_database[0] != '\0') {
        found(d, FOUND_ERROR,
              STR("this database goes with a ledger of erasures, and none is configured"),
              "set erasures.ledger_file and erasures.key_file; see docs/operations.md");
    } else if (in_production(d->config)) {
        found(d, FOUND_WARNING,
              STR("no ledger of erasures: a restored backup would bring the erased back"),
              "set erasures.ledger_file and erasures.key_file; see docs/operations.md");
    }
    if (strcmp(PQgetvalue(r, 0, 2), "0") != 0) {
        found(
            d, FOUND_WARNING,
            SAY(d, "%s erasures are in no ledger yet, for more than a minute", PQgetvalue(r, 0, 2)),
            "see the clerk's erasures.* lines in the log of each node");
    }
    PQclear(r);
}
