/* Asking the daemon: where it listens, and a request as it is sent. */
#include "authctl/authctl.h"

#include <stdlib.h>

#include "config/config.h"

enum err ask_socket_path(struct arena *a, const struct request *r, const char **out)
{
    if (r->socket_path[0]) {
        *out = r->socket_path;
        return OK;
    }
    struct config *config;
    TRY(config_read_options(r->config_path, &config));
    *out = str_z(a, str_fmt(a, "%s/authctl.sock", config->run_dir));
    config_free(config);
    return OK;
}

json_t *ask_request(struct arena *a, const struct request *r)
{
    json_t *line = json_own(a, json_object());
    json_object_set_new(line, "command", json_string(r->command->words));
    json_object_set(line, "arguments", r->arguments);
    const char *user = getenv("SUDO_USER"); /* a claim, kept beside what the kernel says */
    if (user && user[0] && str_utf8(str_from(user))) {
        json_object_set_new(line, "operator", json_string(user));
    }
    return line;
}

enum err ask_daemon(struct arena *a, const struct request *r, json_t **result, bool *reached)
{
    const char *path;
    TRY(ask_socket_path(a, r, &path));
    return socket_ask(a, path, ask_request(a, r), result, reached);
}
