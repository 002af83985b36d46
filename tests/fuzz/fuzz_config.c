/* rooms: config base */
/* The configuration: any text is either refused with a reason that names the file, or gives a
 * snapshot whose values are within their ranges. */
#include <stdlib.h>
#include <string.h>
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = NULL;
    err_clear();
    if (config_parse(str_of(data, size), "fuzz.conf", &c) != OK) {
        if (c != NULL || strncmp(err_reason(), "fuzz.conf", 9) != 0) {
            abort();
        }
        return 0;
    }
    if (c->stacks < 4 || c->stacks > 1024 || c->web_processes < 1 || c->db_host[0] != '/' ||
        strncmp(c->issuer, "http", 4) != 0 || c->listen_port == NULL) {
        abort();
    }
    config_free(c);
    return 0;
}
