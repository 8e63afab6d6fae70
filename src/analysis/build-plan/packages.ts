/** What must be installed before Kamailio can be built: compilers for all, and the libraries of the modules that are kept. */

/** Debian's and Red Hat's names (pkg/kamailio/deb/bookworm/control@5.6.3, INSTALL@5.8.8). */
interface Library {
  modules: readonly string[];
  debian: string;
  redhat: string;
}

const LIBRARIES: readonly Library[] = [
  {
    modules: ["tls", "auth_identity", "crypto", "outbound", "websocket", "stirshaken"],
    debian: "libssl-dev",
    redhat: "openssl-devel",
  },
  { modules: ["websocket"], debian: "libunistring-dev", redhat: "libunistring-devel" },
  { modules: ["db_mysql"], debian: "default-libmysqlclient-dev", redhat: "mariadb-connector-c-devel" },
  { modules: ["db_postgres"], debian: "libpq-dev", redhat: "libpq-devel" },
  { modules: ["db_sqlite"], debian: "libsqlite3-dev", redhat: "sqlite-devel" },
  { modules: ["db_unixodbc"], debian: "unixodbc-dev", redhat: "unixODBC-devel" },
  { modules: ["db_redis", "ndb_redis", "topos_redis"], debian: "libhiredis-dev", redhat: "hiredis-devel" },
  { modules: ["ndb_mongodb", "db_mongodb"], debian: "libmongoc-dev", redhat: "mongo-c-driver-devel" },
  {
    modules: [
      "presence",
      "presence_xml",
      "pua",
      "rls",
      "xcap_client",
      "xcap_server",
      "cplc",
      "cpl-c",
      "cpl_c",
      "xmlrpc",
      "utils",
      "lost",
    ],
    debian: "libxml2-dev",
    redhat: "libxml2-devel",
  },
  {
    modules: ["http_client", "http_async_client", "utils", "xcap_client", "lost"],
    debian: "libcurl4-openssl-dev",
    redhat: "libcurl-devel",
  },
  { modules: ["http_async_client", "evapi"], debian: "libevent-dev libev-dev", redhat: "libevent-devel libev-devel" },
  { modules: ["json"], debian: "libjson-c-dev", redhat: "json-c-devel" },
  { modules: ["jansson", "janssonrpcc", "nats", "nsq"], debian: "libjansson-dev", redhat: "jansson-devel" },
  { modules: ["lcr", "dialplan", "regex"], debian: "libpcre3-dev", redhat: "pcre-devel" },
  { modules: ["app_lua"], debian: "liblua5.1-0-dev", redhat: "lua-devel" },
  { modules: ["app_python", "app_python3"], debian: "python3-dev", redhat: "python3-devel" },
  { modules: ["app_perl", "perl"], debian: "libperl-dev", redhat: "perl-devel perl-ExtUtils-Embed" },
  { modules: ["app_ruby"], debian: "ruby-dev", redhat: "ruby-devel" },
  { modules: ["ldap", "h350", "db2_ldap"], debian: "libldap2-dev libsasl2-dev", redhat: "openldap-devel" },
  { modules: ["memcached"], debian: "libmemcached-dev", redhat: "libmemcached-devel" },
  { modules: ["snmpstats"], debian: "libsnmp-dev", redhat: "net-snmp-devel" },
  { modules: ["sctp"], debian: "libsctp-dev", redhat: "lksctp-tools-devel" },
  { modules: ["geoip2"], debian: "libmaxminddb-dev", redhat: "libmaxminddb-devel" },
  { modules: ["rabbitmq", "kazoo"], debian: "librabbitmq-dev", redhat: "librabbitmq-devel" },
  { modules: ["uuid"], debian: "uuid-dev", redhat: "libuuid-devel" },
  { modules: ["gzcompress"], debian: "zlib1g-dev", redhat: "zlib-devel" },
  { modules: ["mqtt"], debian: "libmosquitto-dev", redhat: "mosquitto-devel" },
  { modules: ["xmpp", "jabber"], debian: "libexpat1-dev", redhat: "expat-devel" },
  { modules: ["acc_radius", "auth_radius", "misc_radius"], debian: "libradcli-dev", redhat: "radcli-devel" },
  { modules: ["ims_ipsec_pcscf"], debian: "libmnl-dev", redhat: "libmnl-devel" },
];

const COMPILERS = {
  debian: ["git", "gcc", "g++", "make", "flex", "bison", "pkg-config"],
  redhat: ["git", "gcc", "gcc-c++", "make", "flex", "bison", "pkgconf"],
};

/** The commands for Debian's and Red Hat's families; run the one that the machine has. */
export function packageCommands(modules: readonly string[] | null, cmake: boolean): { debian: string[]; redhat: string[] } {
  const libraries = LIBRARIES.filter((library) => library.modules.some((name) => modules?.includes(name)));
  const install = (family: "debian" | "redhat") =>
    [
      ...new Set([
        ...COMPILERS[family],
        ...(cmake ? ["cmake"] : []),
        ...libraries.flatMap((library) => library[family].split(" ")),
      ]),
    ].join(" ");
  const all = modules === null;
  return {
    debian: [
      "sudo apt-get update",
      `sudo apt-get install -y ${install("debian")}`,
      ...(all ? ["sudo apt-get build-dep -y kamailio"] : []),
    ],
    redhat: [`sudo dnf install -y ${install("redhat")}`, ...(all ? ["sudo dnf builddep -y kamailio"] : [])],
  };
}
