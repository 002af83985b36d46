/* The provider's endpoints, for the route table (authd/routes.c).  One file each.
 *
 *   path                                      methods    handler           body_max  cors  json
 *   /.well-known/openid-configuration         GET        oidc_discovery           0  yes   yes
 *   /.well-known/oauth-authorization-server   GET        oidc_discovery           0  yes   yes
 *   /jwks                                     GET        oidc_jwks                0  yes   yes
 *   /jwks.jwt                                 GET        oidc_jwks_signed         0  yes   yes
 *   /par                                      POST       oidc_par             65536  yes   yes
 *   /authorize                                GET POST   oidc_authorize       65536  no    no
 *   /authorize/resume/                        GET        oidc_resume              0  no    no
 *   /consent/                                 GET POST   oidc_consent          4096  no    no
 *   /token                                    POST       oidc_token           65536  yes   yes
 *   /userinfo                                 GET POST   oidc_userinfo        32768  yes   yes
 *   /introspect                               POST       oidc_introspect      65536  no    yes
 *   /revoke                                   POST       oidc_revoke          65536  yes   yes
 *   /logout                                   GET POST   oidc_logout          32768  no    no
 *   /logout/confirm                           POST       oidc_logout_confirm  32768  no    no
 */
#ifndef OIDC_OIDC_H
#define OIDC_OIDC_H
#include "http/request.h"

enum err oidc_discovery(struct req *r);
enum err oidc_jwks(struct req *r);
enum err oidc_jwks_signed(struct req *r);
enum err oidc_par(struct req *r);
enum err oidc_authorize(struct req *r);
enum err oidc_resume(struct req *r);
enum err oidc_consent(struct req *r);
enum err oidc_token(struct req *r);
enum err oidc_userinfo(struct req *r);
enum err oidc_introspect(struct req *r);
enum err oidc_revoke(struct req *r);
enum err oidc_logout(struct req *r);
enum err oidc_logout_confirm(struct req *r);

#endif
