/* Every path the service answers, with its limits: one table (routes.c). */
#ifndef AUTHD_ROUTES_H
#define AUTHD_ROUTES_H
#include "http/request.h"

extern const struct route routes[];
/* What is said to people when nothing else is: unknown paths, refusals, failures. */
enum err routes_missing(struct req *r);
void routes_broken(struct req *r, int status);
#endif
