# What `cmake --install` puts where beside the programs, and the Debian packages (cpack -G DEB):
# authd, libeid1, libeid-dev and libeid-tools.  Included by the root CMakeLists.txt after all targets exist.
include(GNUInstallDirs)
set(here ${CMAKE_CURRENT_LIST_DIR})
# Not below CMAKE_INSTALL_LIBDIR: systemd looks in one place, whatever the architecture.
set(unit_dir lib/systemd/system)
configure_file(${here}/authd.service ${CMAKE_BINARY_DIR}/packaging/authd.service COPYONLY)
install(FILES ${here}/authd.service ${here}/authd.socket DESTINATION ${unit_dir} COMPONENT authd)
install(FILES ${here}/authd.sysusers DESTINATION lib/sysusers.d RENAME authd.conf COMPONENT authd)
install(FILES ${here}/authd.tmpfiles DESTINATION lib/tmpfiles.d RENAME authd.conf COMPONENT authd)
install(FILES ${here}/authd.conf.example ${CMAKE_SOURCE_DIR}/docs/operations.md
    ${CMAKE_SOURCE_DIR}/docs/keys.md DESTINATION share/doc/authd COMPONENT authd)

install(FILES ${here}/metrics/alerts.yml ${here}/metrics/dashboard.json
    DESTINATION share/doc/authd/metrics COMPONENT authd)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME authd)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "authd maintainers <security@authd.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL authd libeid libeid-dev libeid-tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/client-lib)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_PRE_BUILD_SCRIPTS ${here}/debian/finish.cmake)

set(CPACK_DEBIAN_AUTHD_PACKAGE_NAME authd)
set(CPACK_COMPONENT_AUTHD_DESCRIPTION
    "OpenID provider and electronic identity service\n Issues and verifies signed identity tokens against a PostgreSQL store.")
set(CPACK_DEBIAN_AUTHD_PACKAGE_SUGGESTS "postgresql (>= 15), pgbouncer")
set(CPACK_DEBIAN_AUTHD_PACKAGE_DEPENDS "systemd, ca-certificates")
foreach(script postinst prerm postrm) # the control archive wants plain names
    configure_file(${here}/debian/authd.${script} ${CMAKE_BINARY_DIR}/packaging/${script} COPYONLY)
endforeach()
set(CPACK_DEBIAN_AUTHD_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/postinst
    ${CMAKE_BINARY_DIR}/packaging/prerm ${CMAKE_BINARY_DIR}/packaging/postrm)
set(CPACK_DEBIAN_AUTHD_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_LIBEID_PACKAGE_NAME libeid1)
set(CPACK_DEBIAN_LIBEID_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBEID_DESCRIPTION
    "login and digital signatures of one account for public services\n The library that portals link to.")
configure_file(${here}/debian/libeid1.triggers ${CMAKE_BINARY_DIR}/packaging/triggers COPYONLY)
set(CPACK_DEBIAN_LIBEID_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/triggers)
set(CPACK_DEBIAN_LIBEID_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_LIBEID-DEV_PACKAGE_NAME libeid-dev)
set(CPACK_DEBIAN_LIBEID-DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_LIBEID-DEV_DESCRIPTION
    "headers of libeid\n Headers, static library, pkg-config and CMake files, manual pages.")
set(CPACK_DEBIAN_LIBEID-DEV_PACKAGE_DEPENDS
    "libeid1 (= ${PROJECT_VERSION}), libcurl4-openssl-dev, libssl-dev, libjansson-dev")

set(CPACK_DEBIAN_LIBEID-TOOLS_PACKAGE_NAME libeid-tools)
set(CPACK_DEBIAN_LIBEID-TOOLS_PACKAGE_SECTION utils)
set(CPACK_COMPONENT_LIBEID-TOOLS_DESCRIPTION
    "eid-doctor looks at a portal's login\n Checks a live integration with an OpenID provider and names cause and cure.")
set(CPACK_DEBIAN_LIBEID-TOOLS_PACKAGE_DEPENDS "libeid1 (= ${PROJECT_VERSION}), ca-certificates")
include(CPack)
