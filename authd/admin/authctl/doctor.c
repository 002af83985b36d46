/* doctor: the checks of room doctor, with the daemon asked over the control socket. */
#include "authctl/authctl.h"

#include "doctor/doctor.h"

static enum err ask_status(void *arg, struct arena *a, json_t **status)
{
    const struct request *r = arg;
    struct request ask = *r;
    bool reached = false;
    ask.command = command_find(STR("status"));
    ask.arguments = json_own(a, json_object());
    return ask_daemon(a, &ask, status, &reached);
}

enum err local_doctor(struct arena *a, const struct request *r, json_t **result)
{
    struct request copy = *r;
    return doctor_run(a, r->config_path, AUTHD_VERSION, ask_status, &copy, result);
}
