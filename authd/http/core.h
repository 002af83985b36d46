/* What the files of the HTTP server share.  Nobody else includes this.
 *
 * Ownership: evhttp owns the connection (evcon, bev) and its request; we own struct conn, which
 * lives from accept to evhttp's close callback, and struct exchange, which lives from dispatch to
 * the end of its task. Each of the two may go first: closing clears exchange.conn and
 * exchange.evreq. */
#ifndef HTTP_CORE_H
#define HTTP_CORE_H
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <sys/queue.h>
#include <time.h>
#include "http/admission.h"
#include "http/gate.h"
#include "http/server.h"

#define CONN_BUCKETS 1024u
#define ADDRESS_MAX 48

struct side { /* plain or TLS */
    struct http_server *server;
    struct evhttp *http;
    bool tls;
    struct reply busy_page, busy_json; /* made when it began to listen (busy.c) */
};

struct http_server {
    struct loop *loop;
    const struct route *routes;
    const char **labels; /* per route and method: "POST /token" */
    struct str *paths;   /* of the routes: one is looked for twice for each request */
    size_t n_routes;
    void *app;
    enum err (*missing)(struct req *r);
    void (*broken)(struct req *r, int status);
    struct http_limits limits;
    char trusted_proxy[ADDRESS_MAX];
    const char *const *hosts;
    size_t body_max; /* the largest of all routes */
    struct side plain, secure;
    SSL_CTX *tls;
    struct evconnlistener *listeners[8];
    size_t n_listeners;
    struct event *pause;      /* accepts again after descriptors ran out */
    struct arena *busy_arena; /* of the prepared answers */
    struct admission admission;
    int64_t (*wait_ms)(void *arg, enum work work);
    void *wait_arg;
    uint64_t refused; /* at the door, since it was last told to the log */
    int64_t refusals_told_ms;
    TAILQ_HEAD(waiting, conn) waiting; /* for their clients, in the order in which they began to */
    size_t buffered;                   /* bytes of requests that are not complete */
    TAILQ_HEAD(postponed, conn) postponed;
    struct event *next_turn; /* while requests are postponed */
    uint64_t turn;
    size_t begun; /* requests, in this turn */
    struct conn *by_evcon[CONN_BUCKETS];
    LIST_HEAD(neighbours, conn) by_address[CONN_BUCKETS];
    size_t n_conns, n_leaving;
    bool draining;
    bool relieved; /* while draining: others serve meanwhile */
    void (*observe)(void *arg, size_t route, int status, int64_t us);
    void *observe_arg;
    void (*drained)(void *arg);
    void *drained_arg;
    time_t date_s;
    char date[32]; /* of that second, as the field Date has it */
};

struct conn {
    struct side *side;
    struct bufferevent *bev;
    struct evhttp_connection *evcon; /* NULL until adopted */
    struct event *interest;          /* NULL: none; of kept connections only */
    unsigned unheard;                /* so often it found what nobody read */
    bool kept;                       /* it has said a request before */
    struct event *timer;
    int64_t due_ms, armed_ms; /* its deadline, and when the timer comes, not later; 0: none */
    struct gate gate;
    char address[ADDRESS_MAX];
    struct conn *next_evcon;
    LIST_ENTRY(conn) address_link; /* once `listed`; all of a proxy's are in one list */
    bool listed;
    struct exchange *current;
    uint64_t turn;                    /* in which it last gave a request to work on */
    struct evhttp_request *postponed; /* to another turn: evhttp's, as all requests */
    TAILQ_ENTRY(conn) postponed_link;
    TAILQ_ENTRY(conn) wait_link;
    int64_t waiting_since_ms; /* for the client; 0: not */
    size_t buffered;          /* its part of the server's */
    bool busy;                /* evhttp has a request that is not answered completely */
    bool refused;             /* by gate or deadline; answered as soon as not busy */
    bool leaving;             /* has been told to go; takes nobody's place */
    bool shutting;            /* the refusal is on its way; input is thrown away */
    int status;
    const char *why;
};

struct exchange {
    struct http_server *server;
    struct conn *conn;            /* NULL once the connection is gone */
    struct evhttp_request *evreq; /* NULL then, and in refusals of the gate */
    const struct route *route;
    struct req req;
    struct ticket ticket;
    bool answered; /* req.reply is complete */
    int status;    /* of a refusal */
    const char *why;
    int64_t began_us;
};

/* server.c */
void server_pause(struct http_server *s); /* accepts nobody for a moment */
/* answer.c */
/* c may be gone afterwards. */
void answer_send(struct http_server *s, struct evhttp_request *evreq, struct conn *c,
                 const struct reply *reply);
/* deadline.c */
void deadline_set(struct conn *c, int64_t ms);
void deadline_clear(struct conn *c);
bool deadline_met(struct conn *c); /* true once; only its timer asks */
/* arrival.c */
const char *arrival_judge(struct conn *c); /* takes its address; NULL, or why it is refused */
void arrival_forget(struct conn *c);
/* From now on it is the client's turn: the longest of those goes first when there is no room. */
void waiting_begin(struct conn *c);
void waiting_end(struct conn *c);
/* interest.c */
void interest_keep(struct conn *c);  /* a request is complete */
void interest_heard(struct conn *c); /* somebody has read */
void interest_forget(struct conn *c);
/* conn.c */
struct bufferevent *conn_make(struct event_base *base, void *side); /* evhttp's bevcb */
struct conn *conn_find(struct http_server *s, struct evhttp_connection *evcon);
void conn_working(struct conn *c);   /* a request is complete */
void conn_answering(struct conn *c); /* its answer did not go at once */
void conn_answered(struct conn *c);  /* everything is sent */
void conn_close(struct conn *c);     /* at once; c is gone */
void conn_close_idle(struct http_server *s);
/* linger.c */
void linger_write(struct conn *c, const struct reply *reply); /* a refusal; and closes gently */
/* exchange.c */
void exchange_begin(struct evhttp_request *evreq, void *side); /* evhttp's gencb */
void exchange_postponed(struct http_server *s); /* works on those whose turn has come */
void exchange_forget(struct conn *c);           /* it is closed: none of its requests waits */
void exchange_refuse(struct conn *c, int status, const char *why);
/* route.c */
const struct route *route_find(const struct http_server *s, struct str path);
const char *route_label(const struct http_server *s, const struct route *route, unsigned method);
unsigned route_methods(const struct route *route);
struct str route_allow(struct arena *a, unsigned methods); /* value of the Allow header */
CHECKED enum err route_labels_make(struct http_server *s);
void route_labels_free(struct http_server *s);
enum err route_run(struct http_server *s, struct req *r, int *status);
enum work route_work(const struct route *route, unsigned method);
/* busy.c: refusals that cost nothing */
CHECKED enum err busy_prepare(struct side *side);
struct reply busy_reply(struct side *side, const struct route *route, unsigned method,
                        int64_t wait_ms, char retry[12]);
void busy_log(struct http_server *s, const char *why, const struct route *route);
/* forwarded.c */
void forwarded_address(struct evkeyvalq *headers, char out[ADDRESS_MAX]); /* "" when none is told */
void forwarded_take(struct req *r); /* address and secure, as a trusted proxy tells them */
/* security.c */
void security_headers(struct req *r);
/* refusal.c */
void refusal_reply(struct http_server *s, struct req *r, bool json, int status, const char *why);
const char *refusal_json(int status);
/* tls.c */
CHECKED enum err tls_context(struct str certificate, struct str key, SSL_CTX **out);
/* reply.c */
const char *reply_reason(int status);
void reply_clear(struct req *r);
/* Both kept as they are; the value of the second is known to be clean. */
void reply_header_put(struct req *r, struct str name, struct str value);
void reply_header_constant(struct req *r, struct str name, struct str value);

#endif
