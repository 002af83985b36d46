/* See start.h.  The master key passes through here: it is read for each start of a signer or
 * verifier and wiped with the arena, so that the parent holds it for microseconds and no child
 * inherits it. */
#include "process/start.h"
#include "base/ct.h"
#include "base/hash.h"
#include "base/hex.h"
#include "peer/verifier_client.h"

#define MASTER_KEY_SIZE 32
#define VERIFIER_KEY_INFO "authd verifier keys v1"

/* STR_NONE for an empty name. */
static enum err master_key_read(struct arena *a, const char *name, struct str *out)
{
    struct str text;
    *out = STR_NONE;
    if (name[0] == '\0') {
        return OK;
    }
    TRY(config_secret(a, name, &text));
    if (text.n != (size_t)2 * MASTER_KEY_SIZE) {
        return fail(ERR_INPUT, "%s must hold 64 hex digits", name);
    }
    char *key = arena_alloc(a, MASTER_KEY_SIZE);
    for (size_t i = 0; i < MASTER_KEY_SIZE; i++) {
        int byte = hex_byte(text, 2 * i);
        if (byte < 0) {
            return fail(ERR_INPUT, "%s must hold 64 hex digits", name);
        }
        key[i] = (char)byte;
    }
    *out = str_of(key, MASTER_KEY_SIZE);
    return OK;
}

static struct str verifier_key(struct arena *a, struct str master)
{
    if (master.p == NULL) {
        return STR_NONE;
    }
    char *key = arena_alloc(a, MASTER_KEY_SIZE);
    hkdf_sha256(master.p, master.n, STR(VERIFIER_KEY_INFO), key, MASTER_KEY_SIZE);
    return str_of(key, MASTER_KEY_SIZE);
}

static struct str signer_start(struct arena *a, const struct config *c, struct str master,
                               struct str previous)
{
    struct signer_hello hello = {.issuer = str_from(c->issuer),
                                 .master_key = master,
                                 .master_key_previous = previous,
                                 .access_token_lifetime_s = (uint32_t)c->access_token_lifetime_s,
                                 .id_token_lifetime_s = (uint32_t)c->id_token_lifetime_s,
                                 .jwks_max_age_s = (uint32_t)c->jwks_max_age_s,
                                 .sandbox = c->sandbox};
    struct buf b = buf_in(a);
    put_signer_hello(&b, &hello);
    return buf_str(&b);
}

static struct str verifier_start(struct arena *a, struct str master, struct str previous)
{
    struct verifier_hello hello = {.verifier_key = verifier_key(a, master),
                                   .verifier_key_previous = verifier_key(a, previous)};
    struct buf b = buf_in(a);
    put_verifier_hello(&b, &hello);
    return buf_str(&b);
}

enum err start_tls(struct arena *a, const struct config *c, struct control_tls *out)
{
    *out = (struct control_tls){STR_NONE, STR_NONE};
    if (!c->tls) {
        return OK;
    }
    struct str certificate;
    struct str key;
    TRY(config_file(a, c->tls_certificate_file, &certificate));
    TRY(config_secret(a, c->tls_key_file, &key));
    *out = (struct control_tls){certificate, key};
    return OK;
}

enum err start_secrets(struct arena *a, const struct config *c, enum role role,
                       struct control_start *out)
{
    const struct config_role *database = plumbing_database(c, role);
    out->db_password = STR("");
    out->start_secret = STR_NONE;
    if (database != NULL && database->password_file[0] != '\0') {
        TRY(config_secret(a, database->password_file, &out->db_password));
    }
    if (role == ROLE_SIGNER || role == ROLE_VERIFIER) {
        struct str master;
        struct str previous;
        TRY(master_key_read(a, c->master_key_file, &master));
        TRY(master_key_read(a, c->master_key_previous_file, &previous));
        out->start_secret = role == ROLE_SIGNER ? signer_start(a, c, master, previous)
                                                : verifier_start(a, master, previous);
    }
    if (role == ROLE_CLERK) {
        TRY(master_key_read(a, c->erasures_key_file, &out->start_secret)); /* of the same form */
    }
    if (role == ROLE_WEB) {
        struct control_tls tls;
        TRY(start_tls(a, c, &tls));
        out->tls_certificate = tls.certificate;
        out->tls_key = tls.key;
    }
    return OK;
}
