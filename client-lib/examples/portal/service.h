/* What one portal offers: a table that the pages read.  To add a portal: another table. */
#ifndef PORTAL_SERVICE_H
#define PORTAL_SERVICE_H
#include <stdbool.h>
#include <stddef.h>

struct text {
    const char *vi, *en;
};

struct choice {
    const char *value;
    struct text label;
};

/* One field of the application form. */
struct field {
    const char *name;
    struct text label, hint;
    const char *claim;    /* filled in from this claim of the verified identity, or NULL */
    const char *complete; /* the browser's autocomplete, or NULL */
    size_t max;           /* characters */
    bool digits;          /* digits and spaces only */
    const struct choice *choices;
    size_t n_choices;
};

struct service {
    const char *name; /* of SERVICE, and the class of the page's body: its colour */
    struct text title, agency, lead, procedure, duration, fee;
    struct text needs[3];
    struct text why_confirm; /* why submitting asks to log in again */
    const char *icon;        /* the path of an SVG picture of 40 by 40 */
    const char *colour;
    const struct field *fields; /* at most DRAFT_FIELDS; the first one names the application */
    size_t n_fields;
};

extern const struct service service_residence;
extern const struct service service_business;

#endif
