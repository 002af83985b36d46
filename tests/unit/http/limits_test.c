/* Slow, silent, greedy, too many and vanished clients; and the drain, which waits for what is in
 * progress. */
#include "serving.h"
#include "base/clock.h"

/* Sends a byte at a time until the server says something.  Returns how many it took. */
static size_t drip(int fd, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        put(fd, str_of(text.p + i, 1));
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 50) > 0) {
            return i;
        }
    }
    return text.n;
}

static void a_dripping_head_is_cut_at_its_deadline(void **state)
{
    (void)state;
    int fd = dial();
    struct str text = STR("GET /echo HTTP/1.1" L HOST "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    int64_t before = clock_mono_ms();
    assert_true(drip(fd, text) < text.n);
    assert_true(clock_mono_ms() - before >= 250);
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 408);
}

static void a_dripping_body_is_cut_at_its_deadline(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 100" L L));
    struct str text = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    int64_t before = clock_mono_ms();
    assert_true(drip(fd, text) < text.n);
    assert_true(clock_mono_ms() - before >= 250);
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 408);
}

static void silent_connections_are_closed(void **state)
{
    (void)state;
    int fresh = dial();
    int used = dial();
    assert_int_equal(ask(used, GET("/echo"), "127.0.0.1"), 200);
    assert_true(is_closed(fresh, 1500));
    assert_true(is_closed(used, 2000));
    close(fresh);
    close(used);
}

/* Of `most` connections the last is served, one more is not, and place is made when they end. */
static void refuses_one_more_than(size_t most)
{
    int fd[20];
    for (size_t i = 0; i < most; i++) {
        fd[i] = dial();
    }
    assert_int_equal(ask(fd[most - 1], GET("/echo"), "127.0.0.1"), 200);
    SAY(GET("/echo"));
    assert_int_equal(status(), 503);
    for (size_t i = 0; i < most; i++) {
        close(fd[i]);
    }
    do {
        SAY(GET("/echo"));
    } while (status() == 503);
    assert_int_equal(status(), 200);
}

static void too_many_connections_are_refused(void **state)
{
    (void)state;
    refuses_one_more_than(20);
}

static void too_many_connections_of_one_address_are_refused(void **state)
{
    served.limits.per_address_max = 3;
    restart(state);
    refuses_one_more_than(3);
}

static void without_a_stack_the_answer_is_503(void **state)
{
    (void)state;
    int fd[4];
    for (size_t i = 0; i < 4; i++) {
        fd[i] = dial();
        put(fd[i], STR(GET("/slow")));
    }
    usleep(50000);
    SAY(GET("/echo"));
    assert_int_equal(status(), 503);
    assert_true(has("Retry-After: "));
    assert_true(has("temporarily_unavailable"));
    for (size_t i = 0; i < 4; i++) {
        hear(fd[i], "slow");
        assert_int_equal(status(), 200);
        close(fd[i]);
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void clients_that_go_away_harm_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 4; i++) {
            int fd = dial();
            put(fd, STR(GET("/slow") GET("/echo")));
            if (i % 2 == 0) {
                struct linger now = {1, 0};
                setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)); /* reset */
            }
            usleep(20000);
            close(fd);
        }
        int fd = dial();
        put(fd, STR(GET("/large")));
        close(fd);
        fd = dial();
        put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 50" L L "aaa"));
        close(fd);
        usleep(300000);
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void what_is_said_before_the_answer_waits_without_keeping_the_loop_busy(void **state)
{
    (void)state;
    int fd = dial();
    int turns = 0;
    put(fd, STR(GET("/echo")));
    hear(fd, "127.0.0.1");
    put(fd, STR(GET("/turns")));
    usleep(50000); /* it is worked on: what follows stays unread */
    put(fd, STR(GET("/echo?n=2")));
    hear(fd, "/echo|n=2");
    close(fd);
    const char *told = strstr(got, " turns");
    assert_non_null(told);
    while (told > got && told[-1] >= '0' && told[-1] <= '9') {
        told--;
    }
    assert_int_equal(sscanf(told, "%d turns", &turns), 1);
    assert_true(turns < 30);
    assert_true(has("/echo|n=2"));
}

/* More answers than the sockets' buffers take: what does not go at once goes later, in order. */
static void whoever_reads_late_gets_every_answer(void **state)
{
    enum { ASKED = 400 };
    char one[64];
    int answers = 0, least = 4096;
    served.send_buffer = least;
    restart(state);
    int fd = dial();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
    for (int i = 1; i <= ASKED; i++) {
        int n = snprintf(one, sizeof(one), "GET /echo?n=%d. HTTP/1.1" L HOST L, i);
        put(fd, str_of(one, (size_t)n));
    }
    usleep(100000); /* so long it reads nothing */
    hear(fd, "/echo|n=400.|");
    close(fd);
    const char *at = got;
    for (int i = 1; i <= ASKED && at != NULL; i++) {
        snprintf(one, sizeof(one), "/echo|n=%d.|", i);
        at = strstr(at, one);
        answers += at != NULL;
    }
    assert_int_equal(answers, ASKED);
}

static void draining_finishes_what_is_in_progress(void **state)
{
    (void)state;
    int busy = dial();
    int idle = dial();
    int late = dial();
    assert_int_equal(ask(idle, GET("/echo"), "127.0.0.1"), 200);
    put(busy, STR(GET("/slow")));
    put(late, STR("GET /ec"));
    usleep(50000);
    assert_int_equal(write(served.tell, "d", 1), 1);
    assert_true(is_closed(idle, 1000));
    put(late, STR("ho HTTP/1.1" L HOST L));
    hear(late, NULL);
    assert_int_equal(status(), 200);
    assert_true(has("Connection: close" L));
    hear(busy, NULL);
    assert_int_equal(status(), 200);
    assert_true(has("slow"));
    assert_true(has("Connection: close" L));
    close(busy);
    close(idle);
    close(late);
    int ended = 0;
    assert_int_equal(waitpid(served.pid, &ended, 0), served.pid);
    assert_true(WIFEXITED(ended));
    start(); /* for tear_down */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_dripping_head_is_cut_at_its_deadline),
        SERVED(a_dripping_body_is_cut_at_its_deadline),
        SERVED(silent_connections_are_closed),
        SERVED(too_many_connections_are_refused),
        SERVED(too_many_connections_of_one_address_are_refused),
        SERVED(without_a_stack_the_answer_is_503),
        SERVED(clients_that_go_away_harm_nothing),
        SERVED(what_is_said_before_the_answer_waits_without_keeping_the_loop_busy),
        SERVED(whoever_reads_late_gets_every_answer),
        SERVED(draining_finishes_what_is_in_progress),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
