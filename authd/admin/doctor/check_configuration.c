/* The configuration: can it be read, are the files it names there and private, is anything weak
 * switched on where it matters. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/url.h"
#include "doctor/inside.h"

bool in_production(const struct config *c)
{
    struct url issuer;
    return url_parse(str_from(c->issuer), &issuer) == OK && !url_is_loopback(&issuer);
}

/* Others than the owner must not be able to change it. */
static void check_not_writable(struct doctor *d, const char *path, const char *what)
{
    struct stat about;
    if (stat(path, &about) == 0 && (about.st_mode & (S_IWGRP | S_IWOTH)) &&
        !(about.st_mode & S_ISVTX)) {
        found(d, FOUND_ERROR, SAY(d, "%s %s can be changed by others than its owner", what, path),
              "chmod go-w it");
    }
}

static void check_folder_of(struct doctor *d, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (path[0] == '/' && slash > path) {
        check_not_writable(d, str_z(d->arena, str_of(path, (size_t)(slash - path))),
                           "the folder of a secret");
    }
}

/* false: can't be read. */
static bool check_secret(struct doctor *d, const char *option, const char *name, struct str *out)
{
    static const char prefix[] = "credential:";
    if (!strncmp(name, prefix, sizeof prefix - 1) && !getenv("CREDENTIALS_DIRECTORY")) {
        found(
            d, FOUND_NOTE,
            SAY(d, "%s = %s: not checked, systemd gives it to the service only", option, name),
            "CREDENTIALS_DIRECTORY=/etc/authd/secrets authctl doctor looks at the file behind it");
        return false;
    }
    if (config_secret(d->arena, name, out) != OK) {
        found(d, FOUND_ERROR, SAY(d, "%s: %s", option, err_reason()),
              "the file must be there and readable by its owner only; authd does not start without "
              "it");
        return false;
    }
    if (strncmp(name, prefix, sizeof prefix - 1) != 0) {
        check_folder_of(d, name);
    }
    return true;
}

static void check_master(struct doctor *d, const char *option, const char *name)
{
    struct str text;
    if (!check_secret(d, option, name, &text)) {
        return;
    }
    bool hex = text.n == 64;
    for (size_t i = 0; hex && i < text.n; i++) {
        hex = strchr("0123456789abcdefABCDEF", text.p[i]) != NULL;
    }
    if (!hex) {
        found(d, FOUND_ERROR, SAY(d, "%s: %s does not hold 64 hex digits", option, name),
              "restore the file from its copy; a new key (openssl rand -hex 32) opens nothing "
              "there is");
    }
}

static void check_secrets(struct doctor *d)
{
    const struct config *c = d->config;
    const struct {
        const char *option, *name;
    } secrets[] = {
        {"server.tls_key_file", c->tls_key_file},
        {"database.owner.password_file", c->db_owner.password_file},
        {"database.web.password_file", c->db_web.password_file},
        {"database.verifier.password_file", c->db_verifier.password_file},
        {"database.clerk.password_file", c->db_clerk.password_file},
        {"database.courier.password_file", c->db_courier.password_file},
        {"database.admin.password_file", c->db_admin.password_file},
    };
    struct str text;
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (secrets[i].name[0]) {
            (void)check_secret(d, secrets[i].option, secrets[i].name, &text);
        }
    }
    check_master(d, "keys.master_key_file", c->master_key_file);
    if (c->master_key_previous_file[0]) {
        check_master(d, "keys.master_key_previous_file", c->master_key_previous_file);
        found(d, FOUND_WARNING, STR("keys.master_key_previous_file is still set"),
              "authctl keys rewrap; then take the option away, restart, destroy the old key");
    }
}

static void check_options(struct doctor *d)
{
    const struct config *c = d->config;
    const struct {
        bool on;
        const char *name, *danger;
    } weak[] = {
        {!c->login_throttle, "development.login_throttle = false",
         "passwords can be guessed without end"},
        {c->allow_http_loopback_redirects, "development.http_loopback_redirects",
         "codes may travel unencrypted on people's own machines"},
        {c->courier_allow_loopback, "development.courier_loopback",
         "services may make the courier call this machine's own ports"},
    };
    enum severity severity = in_production(c) ? FOUND_ERROR : FOUND_NOTE;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        if (weak[i].on) {
            found(d, severity, SAY(d, "%s: %s", weak[i].name, weak[i].danger),
                  "take the option out of the configuration and restart");
        }
    }
    if (in_production(c) && !strcmp(c->log_level, "debug")) {
        found(d, FOUND_WARNING, STR("log.level = debug: the log grows by every request"),
              "write info and reload");
    }
    if (c->key_rotation_days == 0) {
        found(d, FOUND_NOTE, STR("keys.rotation_days = 0: signing keys are rotated by hand only"),
              "");
    }
    if (c->argon2_memory_kib < 19456) {
        found(d, in_production(c) ? FOUND_WARNING : FOUND_NOTE,
              SAY(d, "passwords.argon2_memory_kib = %ld: stolen hashes are cheap to try",
                  c->argon2_memory_kib),
              "at least 19456; hashes made before are renewed at the next login");
    }
}

void check_configuration(struct doctor *d)
{
    struct str text;
    if (config_file(d->arena, d->config_path, &text) != OK ||
        config_parse(text, d->config_path, &d->config) != OK) {
        found(d, FOUND_ERROR, SAY(d, "%s", err_reason()),
              "correct the file; authd -n checks it without starting");
        return;
    }
    const struct config *c = d->config;
    check_not_writable(d, d->config_path, "the configuration");
    if (c->user[0] && !getpwnam(c->user)) {
        found(d, FOUND_ERROR, SAY(d, "there is no system user %s", c->user),
              "useradd --system it, or correct the option user");
    }
    if (access(c->run_dir, F_OK) != 0) {
        found(d, FOUND_ERROR, SAY(d, "run_dir %s is not there", c->run_dir),
              "create it, owned by the service's user; systemd does by RuntimeDirectory=authd");
    } else {
        check_not_writable(d, c->run_dir, "run_dir");
    }
    check_secrets(d);
    check_options(d);
}
