/* GET /metrics on the loopback address of metrics.listen, for a collector of this machine. */
#ifndef AUTHD_METRICS_H
#define AUTHD_METRICS_H
#include "http/request.h"

extern const struct route metrics_routes[];
/* 200 with the numbers of all processes of this node, whichever process is asked. */
enum err metrics_show(struct req *r);
enum err metrics_missing(struct req *r);

#endif
