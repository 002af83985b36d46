/* The world of one test of a peer: a loop, a peer, the raw other ends of its channels, and what
 * became of the calls. */
#ifndef TEST_PEER_WORLD_H
#define TEST_PEER_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer/peer.h"

#define CALLS 8
#define ARENA_MAX ((size_t)1 << 20) /* of a task */

static struct {
    struct loop *loop;
    struct peer *peer;
    int other[2]; /* the other end of each member's channel */
    int running;
    enum err result[CALLS];
    char answer[CALLS][64];
    char reason[CALLS][96];
    int64_t deadline_ms;
    size_t queue_max;
    uint8_t *into;
    void (*script)(struct task *t);
} w;

static inline int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    w.deadline_ms = 2000;
    w.into = malloc(FRAME_MAX);
    w.other[0] = w.other[1] = -1;
    return loop_new(32, &w.loop) == OK ? 0 : 1;
}

static inline void members(size_t n)
{
    assert_int_equal(peer_new(w.loop, "tester", n, &w.peer), OK);
}

static inline void channel(size_t i)
{
    int pair[2];
    assert_int_equal(frame_pair(pair), OK);
    if (w.other[i] >= 0) {
        close(w.other[i]);
    }
    w.other[i] = pair[1];
    peer_channel(w.peer, i, pair[0]);
}

static inline void ended(struct task *t, void *arg, enum err how)
{
    (void)t;
    int i = *(int *)arg;
    if (how != OK) {
        w.result[i] = how;
    }
    free(arg);
    if (--w.running == 0) {
        loop_stop(w.loop);
    }
}

static inline void one_call(struct task *t, void *arg)
{
    int i = *(int *)arg;
    struct str answer;
    task_on_end(t, ended, arg);
    struct str request = str_fmt(t->arena, "call %d", i);
    w.result[i] = peer_call(t, w.peer, (uint16_t)(10 + i), request, w.queue_max, &answer);
    if (w.result[i] == OK) {
        (void)snprintf(w.answer[i], sizeof w.answer[i], "%.*s", STR_FMT(answer));
    } else {
        (void)snprintf(w.reason[i], sizeof w.reason[i], "%s", err_reason());
    }
}

static inline void start(task_fn *fn, int i)
{
    int *n = malloc(sizeof *n);
    assert_non_null(n);
    *n = i;
    w.running++;
    assert_int_equal(task_start(w.loop, "test", ARENA_MAX, w.deadline_ms, fn, n), OK);
}

static inline void script(struct task *t, void *arg)
{
    task_on_end(t, ended, arg);
    w.script(t);
}

static inline void play(void (*fn)(struct task *t))
{
    w.script = fn;
    start(script, CALLS - 1);
}

static inline void wait_a_little(struct task *t)
{
    (void)!task_sleep(t, 5);
}

static inline int tear_down(void **state)
{
    (void)state;
    peer_free(w.peer);
    w.running = 0;
    play(wait_a_little); /* a server sees that its asker is gone */
    loop_run(w.loop);
    free(w.into);
    for (int i = 0; i < 2; i++) {
        if (w.other[i] >= 0) {
            close(w.other[i]);
        }
    }
    loop_free(w.loop);
    return 0;
}

/* Waits for a frame at a raw end; number of messages, kept in m. */
static inline size_t await_frame(struct task *t, int member, struct message m[CALLS])
{
    struct str frame;
    size_t n = 0;
    bool broken;
    do {
        assert_int_equal(task_sleep(t, 1), OK);
        assert_int_equal(frame_receive(w.other[member], w.into, &frame, NULL), OK);
    } while (frame.n == 0);
    while (frame_next(&frame, &m[n], &broken)) {
        n++;
    }
    assert_false(broken);
    return n;
}

static inline void respond(struct task *t, int member, const struct message *m, size_t n,
                           enum err status, const char *payload)
{
    struct buf b = buf_in(t->arena);
    for (size_t i = 0; i < n; i++) {
        struct message out = {.op = m[i].op,
                              .status = (uint16_t)status,
                              .call = m[i].call,
                              .payload = payload != NULL ? str_from(payload) : m[i].payload};
        assert_int_equal(frame_put(&b, &out), OK);
    }
    assert_int_equal(frame_send(w.other[member], buf_str(&b)), OK);
}

/* One test in a world of its own. */
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
