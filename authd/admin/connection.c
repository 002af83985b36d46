/* One connection on the control socket: reads one line, runs one command in a task, writes its
 * lines, closes.
 *
 * The connection outlives whichever ends first, task or peer: a command that was begun is finished
 * even when the operator has hung up, because what it did must be as complete as its audit. */
#include "admin/admin.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/operator.h"
#include "base/buf.h"
#include "log/log.h"

#define CONNECTIONS_MAX 16
#define REQUEST_WAIT_S 10
#define ARENA_MAX ((size_t)64 * 1024 * 1024)
#define PROGRESS_BACKLOG ((size_t)64 * 1024)

struct connection {
    struct admin *admin;
    struct bufferevent *bev; /* NULL once the peer is gone */
    uid_t uid;
    const struct command *command;
    json_t *request;
    bool running;
    bool answered;
};

/* A password in the request must not stay in freed memory. */
static void wipe_secrets(struct connection *conn)
{
    const json_t *arguments = json_object_get(conn->request, "arguments");
    if (!conn->command) {
        return;
    }
    for (const struct command_option *o = conn->command->options; o->name; o++) {
        const json_t *value = json_object_get(arguments, o->name);
        if (o->type == COMMAND_SECRET && json_is_string(value)) {
            void *bytes = (void *)(uintptr_t)json_string_value(value);
            explicit_bzero(bytes, json_string_length(value));
        }
    }
}

static void connection_free(struct connection *conn)
{
    wipe_secrets(conn);
    if (conn->bev) {
        bufferevent_free(conn->bev);
    }
    json_decref(conn->request);
    struct admin *admin = conn->admin;
    free(conn);
    if (--admin->connections == 0 && admin->draining) {
        loop_stop(admin->process->loop);
    }
}

/* Takes the reference. */
static void send_line(struct connection *conn, const char *kind, json_t *value)
{
    json_t *line = json_object();
    json_object_set_new(line, kind, value);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text && conn->bev) {
        bufferevent_write(conn->bev, text, strlen(text));
        bufferevent_write(conn->bev, "\n", 1);
    }
    free(text);
}

static void send_error(struct connection *conn, enum err e, const char *text)
{
    conn->answered = true;
    send_line(conn, "error", json_pack("{s:s,s:s}", "kind", err_name(e), "text", text));
}

static void send_result(struct connection *conn, json_t *result)
{
    conn->answered = true;
    send_line(conn, "result", json_incref(result));
}

void connection_progress(struct connection *conn, int64_t done, int64_t total)
{
    if (!conn->bev || evbuffer_get_length(bufferevent_get_output(conn->bev)) > PROGRESS_BACKLOG) {
        return;
    }
    send_line(conn, "progress",
              json_pack("{s:I,s:I}", "done", (json_int_t)done, "total", (json_int_t)total));
}

/* Closes when the answer has been written. */
static void on_written(struct bufferevent *bev, void *arg)
{
    struct connection *conn = arg;
    if (conn->answered && !conn->running && !evbuffer_get_length(bufferevent_get_output(bev))) {
        connection_free(conn);
    }
}

static void finish(struct connection *conn)
{
    if (!conn->bev) {
        connection_free(conn);
        return;
    }
    bufferevent_disable(conn->bev, EV_READ);
    on_written(conn->bev, conn);
}

static void run(struct task *t, void *arg)
{
    struct connection *conn = arg;
    struct call call = {
        .task = t,
        .admin = conn->admin,
        .command = conn->command,
        .arguments = json_object_get(conn->request, "arguments"),
        .operator_name = operator_text(t->arena, conn->uid, json_member(conn->request, "operator")),
        .connection = conn,
    };
    if (!call.arguments) {
        call.arguments = json_own(t->arena, json_object());
    }
    json_t *result = NULL;
    err_clear();
    enum err e = command_arguments_check(call.command, call.arguments);
    if (e == OK) {
        e = admin_handler_of(call.command)(&call, &result);
    }
    if (e == OK) {
        send_result(conn, result);
        log_event(LOG_INFO, ADMIN_COMMAND, LOG_Z("command", call.command->words),
                  LOG_STR("operator", call.operator_name), LOG_Z("outcome", "ok"));
        return;
    }
    struct str reason = str_dup(t->arena, str_from(err_reason()));
    log_failure(LOG_WARN, ADMIN_COMMAND, e, LOG_Z("command", call.command->words),
                LOG_STR("operator", call.operator_name), LOG_Z("outcome", "refused"));
    send_error(conn, e, str_is(reason) ? str_z(t->arena, reason) : err_name(e));
}

static void on_ended(struct task *t, void *arg, enum err how)
{
    struct connection *conn = arg;
    (void)t;
    conn->running = false;
    if (!conn->answered) {
        send_error(conn, how == OK ? ERR_INTERNAL : how, "the command was broken off");
    }
    finish(conn);
}

static void body(struct task *t, void *arg)
{
    task_on_end(t, on_ended, arg);
    run(t, arg);
}

static enum err begin(struct connection *conn, struct str line)
{
    TRY(json_read(line, CONTROL_LINE_MAX, &conn->request));
    TRY(operator_key_check(conn->admin->process->start_secret, json_member(conn->request, "key")));
    conn->command = command_find(json_member(conn->request, "command"));
    if (!conn->command || conn->command->local || !admin_handler_of(conn->command)) {
        return fail(ERR_INPUT, "control: there is no such command here");
    }
    if (conn->command != command_find(STR("status")) && pg_away(conn->admin->db)) {
        return fail(ERR_UNAVAILABLE, "the database is away; authd reconnects by itself");
    }
    conn->running = true;
    enum err e = task_start(conn->admin->process->loop, conn->command->words, ARENA_MAX,
                            conn->command->deadline_ms, body, conn);
    if (e != OK) {
        conn->running = false;
    }
    return e;
}

static void on_read(struct bufferevent *bev, void *arg)
{
    struct connection *conn = arg;
    if (conn->running || conn->answered) {
        return;
    }
    struct evbuffer *input = bufferevent_get_input(bev);
    size_t n = 0;
    char *line = evbuffer_readln(input, &n, EVBUFFER_EOL_LF);
    if (!line) {
        if (evbuffer_get_length(input) > CONTROL_LINE_MAX) {
            send_error(conn, ERR_LIMIT, "control: the request is too long");
            finish(conn);
        }
        return;
    }
    bufferevent_set_timeouts(bev, NULL, NULL);
    enum err e = n <= CONTROL_LINE_MAX ? begin(conn, str_of(line, n))
                                       : fail(ERR_LIMIT, "control: the request is too long");
    explicit_bzero(line, n); /* it may have held a password */
    free(line);
    if (e != OK) {
        log_failure(LOG_WARN, ADMIN_COMMAND, e, LOG_Z("outcome", "refused"));
        send_error(conn, e, err_reason());
        finish(conn);
    }
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct connection *conn = arg;
    (void)what;
    bufferevent_free(bev);
    conn->bev = NULL;
    if (!conn->running) {
        connection_free(conn);
    }
}

void connection_new(struct admin *admin, int fd)
{
    struct connection *conn = calloc(1, sizeof *conn);
    struct bufferevent *bev =
        conn ? bufferevent_socket_new(loop_base(admin->process->loop), fd, BEV_OPT_CLOSE_ON_FREE)
             : NULL;
    if (!bev) {
        free(conn);
        close(fd);
        return;
    }
    conn->admin = admin;
    conn->bev = bev;
    admin->connections++;
    struct timeval wait = {REQUEST_WAIT_S, 0};
    bufferevent_set_timeouts(bev, &wait, &wait);
    bufferevent_setcb(bev, on_read, on_written, on_event, conn);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
    enum err e = operator_of_socket(fd, &conn->uid);
    if (e == OK && admin->connections > CONNECTIONS_MAX) {
        e = fail(ERR_LIMIT, "control: too many commands at once");
    }
    if (e != OK) {
        log_failure(LOG_WARN, ADMIN_COMMAND, e, LOG_Z("outcome", "refused"));
        send_error(conn, e, err_reason());
        finish(conn);
    }
}
