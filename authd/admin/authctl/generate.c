/* identity generate --output: invented people as a file for identity import, on standard output.
 * Needs no daemon and enters nobody. */
#include <stdio.h>

#include "authctl/authctl.h"
#include "authctl/import_row.h"
#include "base/clock.h"
#include "base/rand.h"
#include "identity/generate.h"

#define COUNT_MAX 20000000

static void write_one(struct arena *a, FILE *to, struct generator *g, bool csv)
{
    struct generated who;
    generator_person(a, g, &who);
    json_object_del(who.attributes, "updated_at");
    json_object_set_new(who.attributes, "account_level", json_integer(who.account_level));
    /* An account begins as issued or active. */
    bool issued = str_eqz(str_from(who.state), "issued");
    json_object_set_new(who.attributes, "state", json_string(issued ? "issued" : "active"));
    if (csv) {
        import_csv_write(to, who.attributes);
        return;
    }
    struct str text = json_text(a, who.attributes);
    fprintf(to, "%.*s\n", STR_FMT(text));
}

static enum err write_people(struct arena *a, const struct request *r, int64_t count)
{
    int64_t seed = -1;
    bool csv = str_eqz(json_member(r->arguments, "output"), "csv");
    uint64_t start;
    (void)json_member_i64(r->arguments, "seed", &seed);
    start = (uint64_t)seed;
    if (seed < 0) {
        rand_bytes(&start, sizeof start);
    }
    struct generator g = generator_start(start, clock_now_s());
    if (count > GENERATOR_PEOPLE_MAX) {
        generator_widen(&g);
    }
    if (csv) {
        import_csv_header_write(stdout);
    }
    for (int64_t i = 0; i < count && !ferror(stdout); i++) {
        write_one(a, stdout, &g, csv);
        arena_reset(a);
    }
    return fflush(stdout) == 0 && !ferror(stdout)
               ? OK
               : fail(ERR_INPUT, "identity generate: standard output cannot be written");
}

enum err local_generate(struct arena *a, const struct request *r, json_t **result)
{
    int64_t count = 0, with_password = 0;
    (void)a;
    (void)json_member_i64(r->arguments, "count", &count);
    (void)json_member_i64(r->arguments, "password-for-first", &with_password);
    if (count < 1 || count > COUNT_MAX) {
        return fail(ERR_INPUT, "identity generate: --count from 1 to %d", COUNT_MAX);
    }
    if (with_password) {
        return fail(ERR_INPUT, "identity generate: a file holds no passwords");
    }
    struct arena *own = arena_new(0); /* the command's arena holds the request */
    if (!own) {
        return fail(ERR_NO_MEMORY, "identity generate: no memory");
    }
    enum err e = write_people(own, r, count);
    arena_free(own);
    *result = NULL;
    return e;
}
