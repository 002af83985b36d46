/* What a handler asks of its arguments.  Types were checked against the table before it ran. */
#include "admin/admin.h"

#include "base/buf.h"
#include "base/clock.h"
#include "identity/attributes.h"
#include "identity/personal_number.h"
#include "peer/signer_client.h"
#include "proc/wire.h"
#include "signer/handle.h"
#include "store/identity.h"

#define DIGEST_ENTRY 36 /* u32 key version | 32 bytes */
#define DIGESTS_MAX 16

struct str call_text(const struct call *c, const char *name)
{
    return json_member(c->arguments, name);
}

bool call_flag(const struct call *c, const char *name)
{
    return json_is_true(json_object_get(c->arguments, name));
}

int64_t call_number(const struct call *c, const char *name, int64_t missing)
{
    int64_t value = missing;
    return json_member_i64(c->arguments, name, &value) ? value : missing;
}

static enum err by_number(struct call *c, struct str typed, struct uuid *out)
{
    struct personal_number number;
    TRY(personal_number_read(typed, &number));
    struct lookup_new lookups[DIGESTS_MAX];
    size_t n;
    TRY(admin_lookups(c->task, c->admin->process->signers, STR("personal_number"),
                      personal_number_text(c->task->arena, &number), lookups, DIGESTS_MAX, &n));
    struct identity_row row;
    enum err e = store_identity_lookup(c->task, c->admin->db, lookups, n, &row);
    if (e == ERR_NOT_FOUND) {
        return fail(ERR_NOT_FOUND, "nobody has this personal number");
    }
    TRY(e);
    *out = row.id;
    return OK;
}

enum err call_identity(struct call *c, struct uuid *out)
{
    struct str number = call_text(c, "personal-number");
    struct str id = call_text(c, "id");
    if (str_is(number) == str_is(id)) {
        return fail(ERR_INPUT, "%s: give an identity's id or a personal number", c->command->words);
    }
    if (str_is(number)) {
        return by_number(c, number, out);
    }
    if (uuid_read(id, out) == OK) {
        return OK;
    }
    return by_number(c, id, out);
}

enum err admin_digests_read(struct str kind, struct str digests, struct lookup_new *out, size_t max,
                            size_t *n)
{
    if (digests.n % DIGEST_ENTRY || digests.n / DIGEST_ENTRY > max) {
        return fail(ERR_INTERNAL, "admin: the signer's digests can't be read");
    }
    struct wire w = wire_read(digests);
    size_t used = 0;
    while (used < digests.n / DIGEST_ENTRY) {
        out[used].kind = kind;
        out[used].key_version = wire_u32(&w);
        wire_fixed(&w, out[used].digest, sizeof out[used].digest);
        used++;
    }
    TRY(wire_done(&w));
    *n = used;
    return OK;
}

enum err admin_lookups(struct task *t, struct peer *signers, struct str kind, struct str value,
                       struct lookup_new *out, size_t max, size_t *n)
{
    struct signer_lookup_digests ask = {kind, value};
    struct signer_looked_up answer;
    TRY(ask_lookup_digests(t, signers, &ask, &answer));
    return admin_digests_read(kind, answer.digests, out, max, n);
}

struct audit call_audit(struct call *c, enum audit_event event, const struct uuid *subject)
{
    struct audit entry = audit_of(c->task, event);
    entry.operator_name = c->operator_name;
    if (subject) {
        entry.subject = *subject;
        entry.bucket = bucket_of(subject);
    }
    return entry;
}

enum err admin_attribute_rules(struct task *t, struct admin *admin, struct attribute_rules *out)
{
    struct province_row *rows;
    size_t n;
    TRY(store_provinces(t, admin->db, &rows, &n));
    uint16_t *codes = arena_array(t->arena, n + 1, sizeof *codes);
    for (size_t i = 0; i < n; i++) {
        codes[i] = rows[i].code;
    }
    *out = (struct attribute_rules){.provinces = codes, .n_provinces = n, .now_s = clock_now_s()};
    return OK;
}
