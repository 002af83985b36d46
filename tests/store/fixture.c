#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/log.h"

struct world world;
int checks_failed;
static PGconn *super;

void check_failed(const char *file, int line, const char *what)
{
    checks_failed++;
    (void)fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

void check_err_failed(const char *file, int line, const char *what, enum err got, enum err expected)
{
    checks_failed++;
    (void)fprintf(stderr, "%s:%d: %s: %s (%s), not %s\n", file, line, what, err_name(got),
                  err_reason(), err_name(expected));
}

const char *socket_dir(void)
{
    const char *dir = getenv("STORE_SOCKET");
    if (dir == NULL) {
        (void)fprintf(stderr, "run me with tests/store/with_database\n");
        exit(2);
    }
    return dir;
}

struct pg *pg_of(const char *role, size_t read_connections, size_t write_connections)
{
    char user[32];
    (void)snprintf(user, sizeof user, "authd_%s", role);
    struct pg_settings s = {.host = socket_dir(),
                            .database = getenv("STORE_DB"),
                            .user = user,
                            .port = 5432,
                            .read_connections = read_connections,
                            .write_connections = write_connections,
                            .role = role};
    struct pg *db;
    if (pg_new(world.loop, &s, &db) != OK) {
        (void)fprintf(stderr, "pg_new: %s\n", err_reason());
        exit(2);
    }
    return db;
}

enum err wait_ready(struct task *t, struct pg *db)
{
    while (!pg_ready(db)) {
        TRY(task_sleep(t, 10));
    }
    return OK;
}

static struct pg *lazy(struct task *t, struct pg **db, const char *role)
{
    if (*db == NULL) {
        *db = pg_of(role, 2, 2);
    }
    if (wait_ready(t, *db) != OK) {
        (void)fprintf(stderr, "role %s does not get ready: %s\n", role, err_reason());
        exit(2);
    }
    return *db;
}

struct pg *web(struct task *t)
{
    return lazy(t, &world.web, "web");
}

struct pg *admin(struct task *t)
{
    return lazy(t, &world.admin, "admin");
}

struct pg *clerk(struct task *t)
{
    return lazy(t, &world.clerk, "clerk");
}

struct pg *courier(struct task *t)
{
    return lazy(t, &world.courier, "courier");
}

int world_open(void **state)
{
    (void)state;
    log_configure(LOG_KEY_VALUE, getenv("STORE_LOG") == NULL ? LOG_ERROR : LOG_DEBUG, "test", 0);
    return loop_new(600, &world.loop) == OK ? 0 : -1;
}

int world_close(void **state)
{
    (void)state;
    pg_free(world.web);
    pg_free(world.admin);
    pg_free(world.clerk);
    pg_free(world.courier);
    loop_free(world.loop);
    PQfinish(super);
    super = NULL;
    world = (struct world){0};
    return 0;
}

static void ended(struct task *t, void *arg, enum err how)
{
    (void)t;
    (void)arg;
    if (how != OK) {
        check_err_failed(__FILE__, __LINE__, "a task", how, OK);
    }
    if (--world.running == 0) {
        loop_stop(world.loop);
    }
}

struct entry {
    task_fn *fn;
    void *arg;
};

static void enter(struct task *t, void *arg)
{
    struct entry e = *(struct entry *)arg;
    free(arg);
    task_on_end(t, ended, NULL);
    e.fn(t, e.arg);
}

void start_for(int64_t deadline_ms, task_fn *fn, void *arg)
{
    struct entry *e = malloc(sizeof *e);
    *e = (struct entry){fn, arg};
    world.running++;
    if (task_start(world.loop, "test", TASK_LIMIT, deadline_ms, enter, e) != OK) {
        (void)fprintf(stderr, "task_start: %s\n", err_reason());
        exit(2);
    }
}

void start(task_fn *fn, void *arg)
{
    start_for(DEADLINE_MS, fn, arg);
}

void finish(void)
{
    if (world.running > 0) {
        loop_run(world.loop);
    }
    int failed = checks_failed;
    checks_failed = 0;
    assert_int_equal(failed, 0);
}

void run(task_fn *fn)
{
    start(fn, NULL);
    finish();
}

static void nap_over(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    loop_stop(arg);
}

void turn_for(int64_t ms)
{
    struct event *nap = evtimer_new(loop_base(world.loop), nap_over, world.loop);
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    world.running++; /* tasks that end meanwhile don't stop the loop */
    (void)evtimer_add(nap, &tv);
    loop_run(world.loop);
    world.running--;
    event_free(nap);
}

static PGconn *connect_as(const char *user)
{
    const char *keys[] = {"host", "dbname", "user", NULL};
    const char *values[] = {socket_dir(), getenv("STORE_DB"), user, NULL};
    PGconn *pq = PQconnectdbParams(keys, values, 0);
    if (PQstatus(pq) != CONNECTION_OK) {
        (void)fprintf(stderr, "%s: %s", user, PQerrorMessage(pq));
        exit(2);
    }
    PQclear(PQexec(pq, "SET search_path = authd; SET client_min_messages = error"));
    return pq;
}

const char *sql(const char *format, ...)
{
    static char text[8192];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (super != NULL && PQstatus(super) != CONNECTION_OK) {
        PQfinish(super);
        super = NULL;
    }
    if (super == NULL) {
        super = connect_as("postgres");
    }
    PGresult *r = PQexec(super, text);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        (void)fprintf(stderr, "%s: %s", text, PQresultErrorMessage(r));
        PQclear(r);
        checks_failed++;
        return "error";
    }
    static char answers[4][256];
    static size_t turn;
    char *answer = answers[turn++ % 4];
    (void)snprintf(answer, sizeof answers[0], "%s", PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return answer;
}

PGconn *hold(const char *text)
{
    PGconn *pq = connect_as("postgres");
    PGresult *r = PQexec(pq, text);
    if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK) {
        (void)fprintf(stderr, "%s: %s", text, PQresultErrorMessage(r));
        checks_failed++;
    }
    PQclear(r);
    return pq;
}

void let_go(PGconn *pq)
{
    PQfinish(pq);
}

const char *state_as(const char *role, const char *text)
{
    static char state[6];
    PGconn *pq = connect_as(role);
    PGresult *r = PQexec(pq, text);
    const char *s = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    (void)snprintf(state, sizeof state, "%s", s == NULL ? "" : s);
    PQclear(r);
    PQfinish(pq);
    return state;
}

void cluster(const char *verb)
{
    PQfinish(super);
    super = NULL;
    char *options = strdup(getenv("STORE_OPTIONS"));
    char *argv[32] = {getenv("PG_CLUSTER"), strdup(verb), getenv("STORE_CLUSTER")};
    size_t n = 3;
    if (strcmp(verb, "start") == 0) {
        char *rest = options, *word;
        while ((word = strsep(&rest, " ")) != NULL && n < 31) {
            argv[n++] = word;
        }
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL) {
            _exit(126);
        }
        execv(argv[0], argv);
        _exit(127);
    }
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        check_failed(__FILE__, __LINE__, "pg_cluster");
    }
    free(argv[1]);
    free(options);
}
