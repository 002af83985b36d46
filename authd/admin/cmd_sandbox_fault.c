/* sandbox fault, sandbox faults, sandbox requests: what is ordered to go wrong for a client, and
 * what clients asked lately and heard. */
#include "admin/commands.h"
#include "admin/key_change.h"
#include "admin/sandbox.h"
#include "fixture/faults.h"
#include "store/client.h"
#include "store/sandbox.h"

#define REQUESTS_SHOWN 50
#define SUCCESSOR_WAIT_MS 50
#define ROTATED_ALG "ES256" /* what clients get unless they registered another */

static enum err rotate_now(struct call *c, const struct rotate_key *keys, size_t n,
                           const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    return rotate_request(c->task->arena, keys, n, policy, now, STR(ROTATED_ALG), now, true, out);
}

/* The kid of the key in that state; STR_NONE. */
static enum err kid_in(struct call *c, const char *state, struct str *out)
{
    struct keyring ring;
    *out = STR_NONE;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    for (size_t i = 0; i < ring.n; i++) {
        const struct keystore_row *k = &ring.rows[i];
        if (str_eqz(k->use, "sign") && str_eqz(k->alg, ROTATED_ALG) && str_eqz(k->state, state)) {
            *out = k->kid;
        }
    }
    return OK;
}

/* Until the clerk has carried out the plan and made a successor; the command's deadline ends it. */
static enum err rotate_once(struct call *c)
{
    struct audit audit = call_audit(c, AUDIT_KEY_ROTATED, NULL);
    struct rotate_plan plan;
    struct str wanted, active, next = STR_NONE;
    audit.ground = STR("sandbox");
    TRY(kid_in(c, "next", &wanted));
    TRY(key_change(c, rotate_now, false, &audit, &plan));
    TRY(kid_in(c, "active", &active));
    while (!str_eq(active, wanted) || !str_is(next)) {
        TRY(task_sleep(c->task, SUCCESSOR_WAIT_MS));
        TRY(kid_in(c, "active", &active));
        TRY(kid_in(c, "next", &next));
    }
    return OK;
}

/* Twice: the successor is published already, so caches know it; the successor's successor is new to
 * everybody. */
static enum err rotate_unknown(struct call *c)
{
    TRY(rotate_once(c));
    TRY(rotate_once(c));
    return key_change_load(c);
}

static enum err order_read(struct call *c, struct sandbox_fault *out)
{
    const struct fault *fault = fault_find(out->name);
    out->client_id = call_text(c, "client");
    out->times = call_number(c, "times", 0);
    out->left_s = call_number(c, "for-s", 0);
    if (fault == NULL) {
        return fail(ERR_INPUT, "sandbox fault: there is no %.*s; authctl sandbox faults lists them",
                    STR_FMT(out->name));
    }
    if (out->times < 0 || out->times > FAULT_TIMES_MAX || out->left_s < 0 ||
        out->left_s > FAULT_FOR_MAX_S) {
        return fail(ERR_INPUT, "sandbox fault: --times up to %d, --for-s up to %d", FAULT_TIMES_MAX,
                    FAULT_FOR_MAX_S);
    }
    if (out->times == 0 && out->left_s == 0) {
        out->times = 1;
    }
    out->amount = call_number(c, "amount", fault->amount);
    if ((fault->amount == 0) != (out->amount == 0) || out->amount < 0 ||
        out->amount > FAULT_AMOUNT_MAX) {
        return fail(ERR_INPUT, "sandbox fault: %s %s", fault->name,
                    fault->amount == 0 ? "has no --amount"
                                       : "takes an --amount of 1 to 3600 seconds");
    }
    return OK;
}

/* A fault for a client that does not exist would wait for ever. */
static enum err client_is_there(struct call *c, struct str id)
{
    struct sandbox_client *all;
    size_t n;
    if (str_eq(id, SANDBOX_EVERYBODY)) {
        return OK;
    }
    TRY(store_sandbox_clients(c->task, c->admin->db, &all, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_eq(all[i].id, id)) {
            return OK;
        }
    }
    return fail(ERR_NOT_FOUND, "sandbox fault: there is no client %.*s; authctl client list",
                STR_FMT(id));
}

enum err cmd_sandbox_fault(struct call *c, json_t **result)
{
    struct sandbox_fault order = {.name = call_text(c, "name")};
    json_t *answer = json_own(c->task->arena, json_object());
    TRY(sandbox_only(c));
    if (str_eqz(order.name, "none")) {
        int64_t gone;
        TRY(store_sandbox_fault_clear(c->task, c->admin->db, call_text(c, "client"), STR_NONE,
                                      &gone));
        json_object_set_new(answer, "taken_back", json_integer(gone));
        *result = answer;
        return OK;
    }
    TRY(order_read(c, &order));
    if (fault_find(order.name)->moment == FAULT_AT_ONCE) {
        TRY(rotate_unknown(c));
        json_object_set_new(answer, "fault", json_str(order.name));
        json_object_set_new(answer, "done", json_string("for everybody"));
        *result = answer;
        return OK;
    }
    if (!str_is(order.client_id)) {
        return fail(ERR_INPUT, "sandbox fault: --client says for whom; '*' is everybody");
    }
    TRY(client_is_there(c, order.client_id));
    TRY(store_sandbox_fault_order(c->task, c->admin->db, &order));
    json_object_set_new(answer, "fault", json_str(order.name));
    json_object_set_new(answer, "client_id", json_str(order.client_id));
    json_object_set_new(answer, "times", order.times ? json_integer(order.times) : json_null());
    json_object_set_new(answer, "for_s", order.left_s ? json_integer(order.left_s) : json_null());
    json_object_set_new(answer, "amount", order.amount ? json_integer(order.amount) : json_null());
    *result = answer;
    return OK;
}

static json_t *ordered(const struct sandbox_fault *all, size_t n, const char *name)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (!str_eqz(all[i].name, name)) {
            continue;
        }
        json_t *one = json_object();
        json_object_set_new(one, "client_id", json_str(all[i].client_id));
        if (all[i].times) {
            json_object_set_new(one, "times", json_integer(all[i].times));
        }
        if (all[i].left_s) {
            json_object_set_new(one, "left_s", json_integer(all[i].left_s));
        }
        json_array_append_new(list, one);
    }
    return list;
}

enum err cmd_sandbox_faults(struct call *c, json_t **result)
{
    struct sandbox_fault *all;
    size_t n;
    TRY(sandbox_only(c));
    TRY(store_sandbox_faults(c->task, c->admin->db, &all, &n));
    json_t *rows = json_array();
    for (size_t i = 0; i < FAULTS_N; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "fault", json_string(FAULTS[i].name));
        json_object_set_new(row, "what", json_string(FAULTS[i].what_en));
        json_object_set_new(row, "a_good_portal", json_string(FAULTS[i].expect_en));
        json_object_set_new(row, "amount",
                            FAULTS[i].amount ? json_integer(FAULTS[i].amount) : json_null());
        json_object_set_new(row, "ordered", ordered(all, n, FAULTS[i].name));
        json_array_append_new(rows, row);
    }
    *result = answer_rows(c->task->arena, rows);
    return OK;
}

enum err cmd_sandbox_requests(struct call *c, json_t **result)
{
    struct sandbox_request *all;
    size_t n;
    TRY(sandbox_only(c));
    TRY(store_sandbox_requests(c->task, c->admin->db, call_text(c, "client"), REQUESTS_SHOWN, &all,
                               &n));
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "at", answer_time(all[i].at));
        json_object_set_new(row, "client_id", json_str(all[i].client_id));
        json_object_set_new(row, "method", json_str(all[i].method));
        json_object_set_new(row, "path", json_str(all[i].path));
        json_object_set_new(row, "status", json_integer(all[i].status));
        json_object_set_new(row, "error",
                            str_is(all[i].error) ? json_str(all[i].error) : json_null());
        json_object_set_new(row, "cause_and_cure",
                            str_is(all[i].advice) ? json_str(all[i].advice) : json_null());
        json_object_set_new(row, "fault",
                            str_is(all[i].fault) ? json_str(all[i].fault) : json_null());
        json_array_append_new(rows, row);
    }
    *result = answer_rows(c->task->arena, rows);
    return OK;
}
