/* The program: what its routes share, and the table of its addresses (routes.c). */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H
#include "html.h"
#include "session.h"
#include "web.h"
#include "worker.h"

#define LOGOUT_STATE "everywhere" /* what the browser brings back after logout everywhere */

struct portal {
    struct provider *provider; /* of new requests */
    struct workers *workers;
};

void portal_handle(struct evhttp_request *request, void *portal);

/* The session of the browser's cookie, NULL without one. */
struct session *session_of(const struct web *w);
void session_cookie_set(struct web *w, const char *id); /* NULL: removes it */
/* The session a form speaks for; NULL when it was not our page that sent it. */
struct session *session_of_form(struct web *w);

/* One line for the operator, one page for the person; the reference joins them.  action: where the
 * button of the page leads. */
void trouble_show(struct web *w, const char *doing, const struct eid_error *err,
                  const char *action);
void trouble_busy(struct web *w, const char *doing); /* no worker is free */

/* Pages and actions, one file for each group; each ends the exchange. */
typedef void route_fn(struct web *w, struct portal *p);
/* page.c */
route_fn page_home, page_logged_out, page_style, page_icon;
/* page_identity.c */
route_fn page_identity;
/* login.c */
route_fn login_begin, login_callback;
/* logout.c */
route_fn logout_everywhere, logout_here, logout_backchannel;
/* apply.c */
route_fn apply_details, apply_check, apply_review, apply_confirm, apply_done;
/* submit.c, applications.c */
route_fn apply_submit, applications_list;
/* records.c */
route_fn records_about, records_metadata, records_read, records_write;
void page_not_found(struct web *w);
void page_expired(struct web *w);
/* The verified identity as the person's own application shows it: rows of a <dl>. */
void page_applicant(struct web *w, struct evbuffer *b, const struct eid_identity *identity);
/* The two ways to log out. */
void page_leave(struct web *w, struct evbuffer *b, const struct session *s);
/* Does submitting need another login first? */
bool apply_must_confirm(const struct web *w, const struct session *s);

#endif
