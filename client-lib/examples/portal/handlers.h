/* What each address of the portal does. */
#ifndef PORTAL_HANDLERS_H
#define PORTAL_HANDLERS_H
#include "web.h"
#include "eid/eid.h"

struct portal {
    struct settings settings;
    struct eid_client *client;
};
void handle(struct evhttp_request *request, void *portal);

#endif
