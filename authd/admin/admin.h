/* The admin process from inside: what a command's handler gets and what it may use.
 *
 * A handler is straight C in a task: it reads its arguments (already checked against the table of
 * admin/command), acts through store and peers, and gives its result as JSON.  Every act goes with
 * an audit entry that names the operator, in the same statement. */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H
#include "base/json.h"
#include "command/command.h"
#include "process/process.h"
#include "signer/proof.h"
#include "store/audit.h"
#include "store/pg.h"

struct connection;

struct admin {
    struct process *process;
    struct pg *db;
    struct event *accepting, *drain_timer;
    bool draining; /* ends with the last connection */
    size_t connections;
    uint16_t import_bucket; /* where the people of the last batch of an import went */
};

/* One command in progress. */
struct call {
    struct task *task;
    struct admin *admin;
    const struct command *command;
    const json_t *arguments;
    struct str operator_name; /* for the audit: "root", "root for anh" */
    struct connection *connection;
};

/* Gives a result that belongs to the task's arena.  Refusals say why and what to do in
 * err_reason(). */
typedef enum err admin_handler(struct call *c, json_t **result);
/* The handler of a command; NULL when it has none (handlers.c). */
admin_handler *admin_handler_of(const struct command *command);

/* Arguments (arguments.c).  STR_NONE, false, `missing` when not given. */
struct str call_text(const struct call *c, const char *name);
bool call_flag(const struct call *c, const char *name);
int64_t call_number(const struct call *c, const char *name, int64_t missing);
/* The identity a command is about: an id or a personal number, as operand or --personal-number.
 * Looks the number up through a signer, counted.  ERR_INPUT, ERR_NOT_FOUND.  Waits. */
CHECKED enum err call_identity(struct call *c, struct uuid *out);

/* The keyed digests under which an identity is found, one for each look-up key.  Waits. */
struct lookup_new;
CHECKED enum err admin_lookups(struct task *t, struct peer *signers, struct str kind,
                               struct str value, struct lookup_new *out, size_t max, size_t *n);
/* Those digests out of a signer's answer. */
CHECKED enum err admin_digests_read(struct str kind, struct str digests, struct lookup_new *out,
                                    size_t max, size_t *n);
/* What attributes are checked against: the provinces known, and today.  Waits. */
struct attribute_rules;
CHECKED enum err admin_attribute_rules(struct task *t, struct admin *admin,
                                       struct attribute_rules *out);

/* What others know about somebody, sealed for the verifier that judges a new password.  Waits. */
CHECKED enum err admin_password_words(struct task *t, struct admin *admin,
                                      const struct uuid *identity, struct str *out);

/* An audit entry by this operator; the subject may be NULL. */
struct audit call_audit(struct call *c, enum audit_event event, const struct uuid *subject);

/* Answers (answer.c).  Times are seconds; 0 gives JSON null. */
json_t *answer_time(int64_t seconds);
json_t *answer_uuid(struct arena *a, const struct uuid *id);
CHECKED enum err answer_time_read(struct str text, int64_t *out);
/* {"rows": […]} around an array; takes the reference. */
json_t *answer_rows(struct arena *a, json_t *rows);

/* Tells the operator how far it is; dropped when the connection is slow.  Doesn't wait. */
void connection_progress(struct connection *conn, int64_t done, int64_t total);
/* One connection from authctl; owns the descriptor. */
void connection_new(struct admin *admin, int fd);

#endif
