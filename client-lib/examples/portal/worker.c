/* A queue, some threads, and an eventfd that tells the loop when a job is done. */
#include "worker.h"
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define THREADS 16
#define WAITING_MAX 256

struct job {
    void (*run)(void *);
    void (*done)(void *);
    void *arg;
    struct job *next;
};

struct queue {
    struct job *first, **end;
};

struct workers {
    pthread_mutex_t lock; /* for everything below but the event */
    pthread_cond_t more;
    struct queue waiting, finished;
    unsigned n_waiting;
    bool ending;
    pthread_t thread[THREADS];
    unsigned n_threads;
    int bell;
    struct event *rung;
};

static void push(struct queue *q, struct job *j)
{
    j->next = NULL;
    *q->end = j;
    q->end = &j->next;
}

static struct job *take_all(struct queue *q)
{
    struct job *first = q->first;
    q->first = NULL;
    q->end = &q->first;
    return first;
}

static struct job *take_one(struct queue *q)
{
    struct job *j = q->first;
    q->first = j->next;
    if (q->first == NULL) {
        q->end = &q->first;
    }
    return j;
}

static void *work(void *arg)
{
    struct workers *ws = arg;
    const uint64_t one = 1;
    pthread_mutex_lock(&ws->lock);
    while (true) {
        while (ws->waiting.first == NULL && !ws->ending) {
            pthread_cond_wait(&ws->more, &ws->lock);
        }
        if (ws->ending) {
            break;
        }
        struct job *j = take_one(&ws->waiting);
        ws->n_waiting--;
        pthread_mutex_unlock(&ws->lock);
        j->run(j->arg);
        pthread_mutex_lock(&ws->lock);
        push(&ws->finished, j);
        if (write(ws->bell, &one, sizeof(one)) != sizeof(one)) {
            perror("portal: eventfd"); /* its counter is full: the loop has been told already */
        }
    }
    pthread_mutex_unlock(&ws->lock);
    return NULL;
}

static void finish(struct job *j)
{
    while (j != NULL) {
        struct job *next = j->next;
        j->done(j->arg);
        free(j);
        j = next;
    }
}

static void on_rung(evutil_socket_t fd, short what, void *arg)
{
    struct workers *ws = arg;
    uint64_t times;
    (void)what;
    if (read(fd, &times, sizeof(times)) != sizeof(times)) {
        return;
    }
    pthread_mutex_lock(&ws->lock);
    struct job *done = take_all(&ws->finished);
    pthread_mutex_unlock(&ws->lock);
    finish(done);
}

struct workers *workers_new(struct event_base *base)
{
    struct workers *ws = calloc(1, sizeof(*ws));
    if (ws == NULL) {
        return NULL;
    }
    pthread_mutex_init(&ws->lock, NULL);
    pthread_cond_init(&ws->more, NULL);
    take_all(&ws->waiting);
    take_all(&ws->finished);
    ws->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ws->rung = ws->bell >= 0 ? event_new(base, ws->bell, EV_READ | EV_PERSIST, on_rung, ws) : NULL;
    if (ws->rung == NULL || event_add(ws->rung, NULL) != 0) {
        perror("portal: eventfd");
        workers_free(ws);
        return NULL;
    }
    for (; ws->n_threads < THREADS; ws->n_threads++) {
        if (pthread_create(&ws->thread[ws->n_threads], NULL, work, ws) != 0) {
            fprintf(stderr, "portal: no threads\n");
            workers_free(ws);
            return NULL;
        }
    }
    return ws;
}

bool workers_do(struct workers *ws, void (*run)(void *), void (*done)(void *), void *arg)
{
    struct job *j = malloc(sizeof(*j));
    if (j == NULL) {
        return false;
    }
    *j = (struct job){run, done, arg, NULL};
    pthread_mutex_lock(&ws->lock);
    bool room = ws->n_waiting < WAITING_MAX;
    if (room) {
        push(&ws->waiting, j);
        ws->n_waiting++;
        pthread_cond_signal(&ws->more);
    }
    pthread_mutex_unlock(&ws->lock);
    if (!room) {
        free(j);
    }
    return room;
}

void workers_free(struct workers *ws)
{
    if (ws == NULL) {
        return;
    }
    pthread_mutex_lock(&ws->lock);
    ws->ending = true;
    pthread_cond_broadcast(&ws->more);
    pthread_mutex_unlock(&ws->lock);
    for (unsigned i = 0; i < ws->n_threads; i++) {
        pthread_join(ws->thread[i], NULL);
    }
    finish(take_all(&ws->finished));
    finish(take_all(&ws->waiting));
    if (ws->rung != NULL) {
        event_free(ws->rung);
    }
    if (ws->bell >= 0) {
        close(ws->bell);
    }
    pthread_cond_destroy(&ws->more);
    pthread_mutex_destroy(&ws->lock);
    free(ws);
}
