/* Registered clients and resource servers, as rows.  What the metadata mean is
 * registration/client.h's. */
#ifndef STORE_CLIENT_H
#define STORE_CLIENT_H
#include "base/json.h"
#include "store/audit.h"

struct client_row {
    struct str id;
    bool active;
    struct str metadata; /* JSON, names of RFC 7591 */
    uint8_t account_level_floor, authentication_level_floor;
    bool consent_exempt;
    struct str sector;
    struct sha256 secrets[4]; /* hashes valid now */
    size_t n_secrets;
    uint64_t version; /* changes whenever the row does: key of caches of parsed metadata */
};
struct resource_row {
    struct str audience, name, scopes /* space separated */, client_id;
    bool may_introspect;
};

/* One client with its secrets that are valid now.  ERR_NOT_FOUND.  Answered from a cache with exact
 * invalidation (NOTIFY authd_client) while the listening connection stands. */
CHECKED enum err store_client_find(struct task *t, struct pg *db, struct str id,
                                   struct client_row *out);
/* All resource servers (few).  Answered from a cache with exact invalidation (NOTIFY
 * authd_resource), as above. */
CHECKED enum err store_resources(struct task *t, struct pg *db, const struct resource_row **out,
                                 size_t *n);

/* admin */
/* As the database has them now. */
CHECKED enum err store_resource_list(struct task *t, struct pg *db, const struct resource_row **out,
                                     size_t *n);
CHECKED enum err store_client_create(struct task *t, struct pg *db, const struct client_row *row,
                                     const struct sha256 *secret /* or NULL */,
                                     const struct audit *audit); /* ERR_CONFLICT */
CHECKED enum err store_client_update(struct task *t, struct pg *db, const struct client_row *row,
                                     const struct audit *audit);
CHECKED enum err store_client_disable(struct task *t, struct pg *db, struct str id,
                                      const struct audit *audit);
/* Adds a secret; those before expire after overlap_s. */
CHECKED enum err store_client_rotate_secret(struct task *t, struct pg *db, struct str id,
                                            const struct sha256 *secret, int64_t overlap_s,
                                            const struct audit *audit);
CHECKED enum err store_client_list(struct task *t, struct pg *db, struct client_row **out,
                                   size_t *n);
/* Pictures of services by name (registration/logo.h); putting the same again is OK. */
CHECKED enum err store_logo_put(struct task *t, struct pg *db, struct str name, struct str bytes);
CHECKED enum err store_logo_find(struct task *t, struct pg *db, struct str name,
                                 struct str *bytes); /* ERR_NOT_FOUND */
CHECKED enum err store_resource_put(struct task *t, struct pg *db, const struct resource_row *row,
                                    const struct audit *audit);
/* First use of a one-time identifier: OK, with the entry of what it is used for (or NULL) in the
 * same commit; again before it expires: ERR_CONFLICT. */
CHECKED enum err store_replay_use(struct task *t, struct pg *db, const struct sha256 *hash,
                                  int64_t expires_at, const struct audit *audit);
#endif
