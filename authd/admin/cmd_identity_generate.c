/* identity generate: invented people, in batches.  Each batch is a task of its own, so that its
 * memory is given back, and there is one at a time: the statement in flight is what limits, and
 * seeds stay reproducible.
 *
 * Whoever exists already (the same seed twice) is passed over and counted. */
#include "admin/commands.h"

#include <string.h>

#include "admin/newcomer.h"
#include "base/clock.h"
#include "base/rand.h"
#include "identity/generate.h"
#include "peer/verifier_client.h"
#include "signer/handle.h"

#define COUNT_MAX 1000000
#define BATCH_ARENA ((size_t)16 * 1024 * 1024)
#define BATCH_DEADLINE_MS 120000
#define BATCH_MARGIN_MS 10000
#define SHOWN_MAX 100

struct generation {
    struct call *call;
    struct generator generator;
    int64_t count, made, skipped;
    int64_t with_password, passwords_set;
    json_t *rows;
    /* of the batch in progress */
    enum err outcome;
    struct str reason; /* why it failed, in the command's arena */
    bool done;
};

static struct newcomer invent(struct task *t, struct generation *g, bool wants_password)
{
    struct generated someone;
    generator_person(t->arena, &g->generator, &someone);
    struct newcomer who = {
        .attributes = {.kind = STR("person"),
                       .json = someone.attributes,
                       .province = (uint16_t)someone.number.province,
                       .personal_number = personal_number_text(t->arena, &someone.number),
                       .email = json_member(someone.attributes, "email"),
                       .phone = json_member(someone.attributes, "phone_number")},
        .account_level = someone.account_level,
        /* who gets a password is meant to log in */
        .state = wants_password ? STR("active") : str_from(someone.state),
    };
    uuid_random(&who.id);
    return who;
}

static enum err give_password(struct task *t, struct generation *g, const struct newcomer *who)
{
    struct verifier_set_password ask = {
        .identity = who->id,
        .password = call_text(g->call, "password"),
        .operator_name = g->call->operator_name,
    };
    memcpy(ask.request_id, t->request_uuid, sizeof ask.request_id);
    TRY(ask_set_password(t, g->call->admin->process->verifiers, &ask));
    g->passwords_set++;
    return OK;
}

static enum err welcome(struct task *t, struct generation *g, const struct newcomer *who)
{
    bool wants_password = g->passwords_set < g->with_password;
    if (wants_password) {
        TRY(give_password(t, g, who));
    }
    if (json_array_size(g->rows) < SHOWN_MAX && (wants_password || g->count <= SHOWN_MAX)) {
        json_t *row = json_object();
        json_object_set_new(row, "id", answer_uuid(t->arena, &who->id));
        json_object_set_new(row, "personal_number", json_str(who->attributes.personal_number));
        json_object_set_new(row, "name", json_str(json_member(who->attributes.json, "name")));
        json_object_set_new(row, "birthdate",
                            json_str(json_member(who->attributes.json, "birthdate")));
        json_object_set_new(row, "level", json_integer(who->account_level));
        json_object_set_new(row, "password", json_boolean(wants_password));
        json_array_append_new(g->rows, row);
    }
    g->made++;
    return OK;
}

static enum err add(struct task *t, struct generation *g, const struct newcomer *v, size_t n)
{
    return newcomers_add(t, g->call->admin, v, n, g->call->operator_name, STR("invented person"));
}

static enum err batch(struct task *t, struct generation *g)
{
    size_t n = 0;
    int64_t left = g->count - g->made - g->skipped;
    struct newcomer *people = arena_array(t->arena, NEWCOMERS_MAX, sizeof *people);
    for (; n < NEWCOMERS_MAX && (int64_t)n < left; n++) {
        people[n] = invent(t, g, g->passwords_set + (int64_t)n < g->with_password);
    }
    enum err together = add(t, g, people, n);
    if (together != OK && together != ERR_CONFLICT) {
        return together;
    }
    for (size_t i = 0; i < n; i++) {
        enum err e = together == OK ? OK : add(t, g, &people[i], 1);
        if (e == ERR_CONFLICT) {
            g->skipped++;
            continue;
        }
        TRY(e);
        TRY(welcome(t, g, &people[i]));
    }
    return OK;
}

static void batch_ended(struct task *t, void *arg, enum err how)
{
    struct generation *g = arg;
    (void)t;
    if (how != OK) {
        g->outcome = how;
    }
    g->done = true;
    task_wake(g->call->task);
}

static void batch_body(struct task *t, void *arg)
{
    struct generation *g = arg;
    task_on_end(t, batch_ended, g);
    g->outcome = batch(t, g);
    if (g->outcome != OK) {
        g->reason = str_dup(g->call->task->arena, str_from(err_reason()));
    }
}

/* The batch holds `g`, which lives on the command's stack: so it is waited for to its end. */
static enum err batch_run(struct generation *g)
{
    struct task *t = g->call->task;
    if (task_time_left_ms(t) < BATCH_DEADLINE_MS + BATCH_MARGIN_MS) {
        return fail(ERR_TIMEOUT, "identity generate: out of time; start again for the rest");
    }
    g->done = false;
    g->reason = STR_NONE;
    TRY(task_start(g->call->admin->process->loop, "generate people", BATCH_ARENA, BATCH_DEADLINE_MS,
                   batch_body, g));
    while (!g->done) {
        enum err e = task_park(t, "a batch of people");
        (void)e; /* the batch has a shorter deadline and always ends */
    }
    if (g->outcome != OK && str_is(g->reason)) {
        return fail(g->outcome, "%.*s", STR_FMT(g->reason));
    }
    return g->outcome;
}

static enum err generation_begin(struct call *c, struct generation *g)
{
    int64_t seed = call_number(c, "seed", -1);
    *g = (struct generation){
        .call = c,
        .count = call_number(c, "count", 0),
        .with_password = call_number(c, "password-for-first", 0),
        .rows = json_own(c->task->arena, json_array()),
    };
    if (g->count < 1 || g->count > COUNT_MAX) {
        return fail(ERR_INPUT, "identity generate: --count from 1 to %d", COUNT_MAX);
    }
    if (g->with_password < 0 || g->with_password > g->count) {
        return fail(ERR_INPUT, "identity generate: --password-for-first is at most --count");
    }
    if (g->with_password && !str_is(call_text(c, "password"))) {
        return fail(ERR_INPUT, "identity generate: the password is missing on standard input");
    }
    uint64_t start = (uint64_t)seed;
    if (seed < 0) {
        rand_bytes(&start, sizeof start);
    }
    g->generator = generator_start(start, clock_now_s());
    return OK;
}

enum err cmd_identity_generate(struct call *c, json_t **result)
{
    struct generation g;
    TRY(generation_begin(c, &g));
    while (g.made + g.skipped < g.count) {
        TRY(batch_run(&g));
        connection_progress(c->connection, g.made + g.skipped, g.count);
    }
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "made", json_integer(g.made));
    json_object_set_new(answer, "skipped", json_integer(g.skipped));
    json_object_set(answer, "rows", g.rows);
    *result = answer;
    return OK;
}
