/* What only a sandbox keeps: the clock's shift, its people, the faults ordered, what clients asked
 * lately.  Where the database is no sandbox's these statements don't exist. */
#ifndef STORE_SANDBOX_H
#define STORE_SANDBOX_H
#include "base/hash.h"
#include "store/pg.h"

#define SANDBOX_EVERYBODY STR("*")

CHECKED enum err store_sandbox_shift(struct task *t, struct pg *db, int64_t *out);
/* Moves the clock and tells everybody; *out is where it stands then. */
CHECKED enum err store_sandbox_clock_set(struct task *t, struct pg *db, int64_t shift_s,
                                         int64_t *out);
/* What must be done now and then; the clerk's. */
CHECKED enum err store_sandbox_tick(struct task *t, struct pg *db);

struct sandbox_person {
    struct str key, code, state; /* code: absent unless it can be used */
};
CHECKED enum err store_sandbox_people(struct task *t, struct pg *db, struct sandbox_person **out,
                                      size_t *n);
/* throttle NULL: this person's wrong passwords are counted as anybody's. */
CHECKED enum err store_sandbox_person_put(struct task *t, struct pg *db, struct str key,
                                          const struct uuid *id, struct str code,
                                          const uint8_t *throttle);
CHECKED enum err store_sandbox_person_restore(struct task *t, struct pg *db, const struct uuid *id,
                                              const char *state, bool forget);

struct sandbox_client {
    struct str id, name_vi, name_en;
};
CHECKED enum err store_sandbox_clients(struct task *t, struct pg *db, struct sandbox_client **out,
                                       size_t *n);

struct sandbox_fault {
    struct str client_id, name;
    int64_t times;  /* 0: not counted */
    int64_t left_s; /* 0: not timed */
    int64_t amount;
};
CHECKED enum err store_sandbox_faults(struct task *t, struct pg *db, struct sandbox_fault **out,
                                      size_t *n);
CHECKED enum err store_sandbox_fault_order(struct task *t, struct pg *db,
                                           const struct sandbox_fault *fault);
/* client, name: absent for all. */
CHECKED enum err store_sandbox_fault_clear(struct task *t, struct pg *db, struct str client,
                                           struct str name, int64_t *gone);
/* One of the names (space separated) that is ordered for the client; *out absent: none. */
CHECKED enum err store_sandbox_fault_take(struct task *t, struct pg *db, struct str client,
                                          struct str names, struct str *out, int64_t *amount);

struct sandbox_request {
    struct str client_id, method, path, error, advice, fault;
    int64_t at;
    int status;
};
/* Does not wait. */
void store_sandbox_request_add(struct task *t, struct pg *db, const struct sandbox_request *r);
/* The latest first; client absent: everybody's. */
CHECKED enum err store_sandbox_requests(struct task *t, struct pg *db, struct str client,
                                        size_t limit, struct sandbox_request **out, size_t *n);
CHECKED enum err store_sandbox_requests_forget(struct task *t, struct pg *db);

/* "expired_code" or "used_code" comes true for this code. */
CHECKED enum err store_sandbox_code_spoil(struct task *t, struct pg *db, uint16_t bucket,
                                          const struct sha256 *hash, struct str how);
/* Client and person of a code or refresh token.  ERR_NOT_FOUND. */
CHECKED enum err store_sandbox_handle_owner(struct task *t, struct pg *db, uint16_t bucket,
                                            const struct sha256 *hash, struct str *client,
                                            struct uuid *subject);
#endif
