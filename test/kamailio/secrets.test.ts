import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { removeSecrets, SecretRemover } from "../../src/kamailio/secrets.js";

const gone = "[removed]";

describe("what becomes of a line", () => {
  test.each([
    // URLs
    ["mysql://kamailio:kamailiorw@localhost/kamailio", `mysql://kamailio:${gone}@localhost/kamailio`],
    ['modparam("usrloc", "db_url", "mysql://k:p\'w@h/d")', `modparam("usrloc", "db_url", "mysql://k:${gone}@h/d")`],
    ["mysql://us%3Aer%40x:p%40ss@10.0.0.1:3306/db", `mysql://us%3Aer%40x:${gone}@10.0.0.1:3306/db`],
    ["postgres://u:p@ss/w@rd@db.example.com/kam", `postgres://u:${gone}@db.example.com/kam`],
    ["postgres://u:12/34@db/kam", `postgres://u:${gone}@db/kam`],
    ["redis://:hunter2@127.0.0.1:6379/0", `redis://:${gone}@127.0.0.1:6379/0`],
    ["https://ghp_0123456789abcdefABCDEF@github.com/x/y.git", `https://${gone}@github.com/x/y.git`],
    ["a mysql://u:one@h1/d;postgres://v:two@h2/d", `a mysql://u:${gone}@h1/d;postgres://v:${gone}@h2/d`],
    ["mysql://u:x://y@h/d", `mysql://u:${gone}@h/d`],
    [String.raw`{"db_url":"mysql:\/\/u:pw@h\/d"}`, String.raw`{"db_url":"mysql:\/\/u:[removed]@h\/d"}`],
    ['-A DBURL="mysql://k:my pw@h/d" -m 64', `-A DBURL="mysql://k:${gone}@h/d" -m 64`],
    ["modparam('sqlops','sqlcon','ca=>mysql://u:pw@h/d')", `modparam('sqlops','sqlcon','ca=>mysql://u:${gone}@h/d')`],
    // modparam
    ['modparam("auth", "secret", "x y")', `modparam("auth", "secret", "${gone}")`],
    ['modparam("uac","auth_password","p\\"w") # "x"', `modparam("uac","auth_password","${gone}") # "x"`],
    ['modparam("uac", "credential", "bob:example.com:pw")', `modparam("uac", "credential", "${gone}")`],
    [
      'modparam("ndb_redis", "server", "name=a;addr=127.0.0.1;pass=pw;db=1")',
      `modparam("ndb_redis", "server", "name=a;addr=127.0.0.1;pass=${gone};db=1")`,
    ],
    ['modparam("topoh", "mask_key", "abc")', `modparam("topoh", "mask_key", "${gone}")`],
    ['  modparam("auth|auth_db", "secret", 123456)', `  modparam("auth|auth_db", "secret", ${gone})`],
    [String.raw`"modparam(\"auth\", \"secret\", \"abc\")\n"`, String.raw`"modparam(\"auth\", \"secret\", \"[removed]\")\n"`],
    ["kamailio --modparam=auth:secret:s:abc -m 64", `kamailio --modparam=auth:secret:s:${gone} -m 64`],
    // directives
    ["#!define DBPASS secret word", `#!define DBPASS ${gone}`],
    ['#!trydefine API_KEY "abc"', `#!trydefine API_KEY "${gone}"`],
    ['#!substdef "!DB_PASSWORD!s3cr/et!g"', `#!substdef "!DB_PASSWORD!${gone}!g"`],
    ['#!define DBURL "mysql://k:rw@h/d"', `#!define DBURL "mysql://k:${gone}@h/d"`],
    ['!!define TOKEN "abc"', `!!define TOKEN "${gone}"`],
    // variables
    ["DB_PASSWORD=abc", `DB_PASSWORD=${gone}`],
    ["export DB_PASSWORD='a b c' # why", `export DB_PASSWORD='${gone}' # why`],
    ["DB_PASSWORD=two words", `DB_PASSWORD=${gone}`],
    ["DB_PASSWORD=abc SHM_MEMORY=64", `DB_PASSWORD=${gone} SHM_MEMORY=64`],
    ["DBRWPW=kamailiorw", `DBRWPW=${gone}`],
    ['# DBROPW="kamailioro"', `# DBROPW="${gone}"`],
    ['DBROOTPW="dbrootpw"', `DBROOTPW="${gone}"`],
    ["API_KEY=abc\r", `API_KEY=${gone}\r`],
    ["AUTH=hunter2", `AUTH=${gone}`],
    ["REDIS_AUTH=hunter2", `REDIS_AUTH=${gone}`],
    ['Environment="DB_PASSWORD=a b" SHM_MEMORY=64', `Environment="DB_PASSWORD=${gone}" SHM_MEMORY=64`],
    ["Environment=SHM_MEMORY=64 JWT_SECRET=abc", `Environment=SHM_MEMORY=64 JWT_SECRET=${gone}`],
    ["docker run -e MYSQL_PASSWORD=abc kamailio -m 64", `docker run -e MYSQL_PASSWORD=${gone} kamailio -m 64`],
    ["kamailio -A DBPASS=a;b -m 64", `kamailio -A DBPASS=${gone} -m 64`],
    [`-A\0DBPASS=abc\0-m\0${"64"}\0`, `-A\0DBPASS=${gone}\0-m\0${"64"}\0`],
    ["ldap_bind_password = secret", `ldap_bind_password = ${gone}`],
    ['$var(password) = "abc";', `$var(password) = "${gone}";`],
    ["$var(token) = $_s(hunter 2$var(x));", `$var(token) = ${gone};`],
    ["TOKEN=$(echo hunter2) MODE=x", `TOKEN=${gone} MODE=x`],
    ["GET /x?token=abc&user=bob HTTP/1.1", `GET /x?token=${gone}&user=bob HTTP/1.1`],
    // keys of JSON and YAML
    ['{"password": "abc", "shm_size_mb": 64}', `{"password": "${gone}", "shm_size_mb": 64}`],
    [String.raw`{"a":"{\"secret\":\"x\",\"m\":64}"}`, String.raw`{"a":"{\"secret\":\"[removed]\",\"m\":64}"}`],
    ['["kamailio", "-A", "DBPASS=abc", "-m", "64"]', `["kamailio", "-A", "DBPASS=${gone}", "-m", "64"]`],
    ["  MYSQL_PASSWORD: abc def", `  MYSQL_PASSWORD: ${gone}`],
    ["  - MYSQL_PASSWORD=abc", `  - MYSQL_PASSWORD=${gone}`],
    ["environment: {DB_PASSWORD: abc, SHM: 64}", `environment: {DB_PASSWORD: ${gone}, SHM: 64}`],
    ['{"name":"DB_PASSWORD","value":"abc"},', `{"name":"DB_PASSWORD","value":"${gone}"},`],
    // headers and digests
    ["Authorization: Bearer abc.def", `Authorization: Bearer ${gone}`],
    ['curl -H "Authorization: Basic dTpw" http://h/RPC', `curl -H "Authorization: Basic ${gone}" http://h/RPC`],
    ["> Proxy-Authorization: abc", `> Proxy-Authorization: ${gone}`],
    ["X-Api-Key: abc", `X-Api-Key: ${gone}`],
    [
      'Authorization: Digest username="bob", realm="x", nonce="abc", response="6629fae49393a05397450978507c4ef1", qop=auth',
      `Authorization: Digest username="bob", realm="x", nonce="abc", response="${gone}", qop=auth`,
    ],
    ["a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20", null],
    // options
    ["tool --password abc --host h", `tool --password ${gone} --host h`],
    ['["--password", "abc"]', `["--password", "${gone}"]`],
    ["tool --db-password=abc", `tool --db-password=${gone}`],
    ["mysql -u root -pabc kamailio", `mysql -u root -p${gone} kamailio`],
    ["curl -s -u admin:abc http://h/", `curl -s -u admin:${gone} http://h/`],
    ["redis-cli -a abc info", `redis-cli -a ${gone} info`],
    ["ENV DB_PASSWORD abc", `ENV DB_PASSWORD ${gone}`],
  ])("%s", (line, expected) => {
    const { text, removed } = removeSecrets(line);
    if (expected !== null) expect(text).toBe(expected);
    expect(text).toContain(gone);
    expect(removed).toBeGreaterThan(0);
    expect(removeSecrets(text)).toEqual({ text, removed: 0 });
  });
});

describe("what stays as it is", () => {
  test.each([
    ["/usr/sbin/kamailio -P /run/kamailio/kamailio.pid -f /etc/kamailio/kamailio.cfg -m 64 -M 8"],
    ["SHM_MEMORY=64"],
    ["#PKG_MEMORY=8"],
    ["Environment='SHM_MEMORY=64'"],
    ["EnvironmentFile=-/etc/default/kamailio"],
    ["  -A WITH_AUTH -A WITH_MYSQL"],
    ["#!define WITH_AUTH"],
    ["#!define FLT_ACC 1"],
    ['modparam("auth_db", "password_column", "password")'],
    ['modparam("auth_db", "calculate_ha1", 1)'],
    ['modparam("tls", "private_key", "/etc/kamailio/tls.key")'],
    ['modparam("htable", "htable", "auth=>size=8;autoexpire=60")'],
    ['modparam("http_client", "httpcon", "api=>http://127.0.0.1:8080/a?mail=a@b")'],
    ["mysql://kamailio@localhost/kamailio"],
    ["http://[::1]:8080/a@b"],
    ["http://127.0.0.1:8080/RPC?x=a@b"],
    ["sip:bob:5060@example.com"],
    ['# DBRWUSER="kamailio"'],
    ["PASSWORD_FILE=/run/secrets/db"],
    [`DB_PASSWORD=\${DB_PASSWORD}`],
    ["$var(Token) = $(kzE{kz.json,Token-ID});"],
    ["$var(token) = $(hdr(X-Token){s.rm,x});"],
    ["DB_PASSWORD="],
    ["password: null"],
    ["keepalive=1 bypass=2 token_timeout=3 max_tokens=4"],
    [" 0(123) ERROR: auth [api.c:86]: pre_auth(): Credentials with given realm not found"],
    [" 5(321) DEBUG: auth [nonce.c:1]: pass: through"],
    ["qm_status:      0. N  address=0x7f2e8b0d3a98 frag=0x7f2e8b0d3a60 size=40 used=1"],
    ["qm_status:           alloc'd from core: core/parser/parse_hname2.c: token_secret_pass(123)"],
    ["AUTH=token"],
    ["memlog=5 memdbg=5"],
  ])("%s", (line) => {
    expect(removeSecrets(line)).toEqual({ text: line, removed: 0 });
  });
});

describe("secrets over several lines", () => {
  const key = [
    "-----BEGIN RSA PRIVATE KEY-----",
    "MIIEowIBAAKCAQEAx1",
    "abcdEFGH0123+/==",
    "-----END RSA PRIVATE KEY-----",
    "SHM_MEMORY=64",
  ];

  test("a private key goes, its frame stays, and it counts once", () => {
    const { text, removed } = removeSecrets(key.join("\n"));
    expect(text.split("\n")).toEqual([key[0], gone, gone, key[3], key[4]]);
    expect(removed).toBe(1);
    expect(removeSecrets(text)).toEqual({ text, removed: 0 });
  });

  test("an encrypted key keeps its headers", () => {
    const { text } = removeSecrets(
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMHQCAQEE\n-----END EC PRIVATE KEY-----",
    );
    expect(text.split("\n")[1]).toBe("Proc-Type: 4,ENCRYPTED");
    expect(text).not.toContain("MHQCAQEE");
  });

  test("a key without an end eats nothing of what follows", () => {
    const { text } = removeSecrets("-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKC\nSHM_MEMORY=64\nabc\n");
    expect(text).toBe(`-----BEGIN PRIVATE KEY-----\n${gone}\nSHM_MEMORY=64\nabc\n`);
  });

  test("a key in one line, with written-out line ends", () => {
    const { text } = removeSecrets(String.raw`{"k": "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKC\n-----END PRIVATE KEY-----\n"}`);
    expect(text).toBe(String.raw`{"k": "-----BEGIN PRIVATE KEY-----[removed]-----END PRIVATE KEY-----\n"}`);
  });

  test("a key in a log", () => {
    const body = "MIIEowIBAAKCAQEAx1abcdEFGH0123MIIEowIBAAKCAQEAx1";
    const lines = [
      "Nov 23 h app: -----BEGIN PRIVATE KEY-----",
      `Nov 23 h app: ${body}`,
      "Nov 23 h app: YWJj==",
      "Nov 23 h app: done",
    ];
    expect(removeSecrets(lines.join("\n")).text.split("\n")).toEqual([
      lines[0],
      `Nov 23 h app: ${gone}`,
      `Nov 23 h app: ${gone}`,
      lines[3],
    ]);
  });

  test("a name and its value in the next line", () => {
    const yaml =
      "env:\n- name: DB_PASSWORD\n  value: abc\n- name: SHM_MEMORY\n  value: '64'\nargs:\n- --password\n- abc\n- -m\n- '64'";
    expect(removeSecrets(yaml).text).toBe(yaml.replace("value: abc", `value: ${gone}`).replace("- abc", `- ${gone}`));
    const json = '{\n "name": "API_TOKEN",\n "value": "abc"\n}';
    expect(removeSecrets(json).text).toBe(json.replace("abc", gone));
  });

  test("line by line is the same as at once", () => {
    const remover = new SecretRemover();
    expect(key.map((line) => remover.line(line)).join("\n")).toBe(removeSecrets(key.join("\n")).text);
    expect(remover.removed).toBe(1);
  });
});

describe("for any text", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."password= PASSWORD= token: \"secret\": 'pw' :// mysql:// u:p@h/d http:// @ / : = => ; & , \" ' \\ ( ) [removed] modparam( --password -p mysql curl -u".split(
        " ",
      ),
      ..."#!define #!substdef DBPASS ! -----BEGIN PRIVATE KEY----- -----END Authorization: Bearer Digest response= name: value: AUTH= -A".split(
        " ",
      ),
      " ",
      "  ",
      "\t",
      "\n",
      "\r\n",
      "\0",
      "-----BEGIN PRIVATE KEY-----",
      "SHM_MEMORY=64",
      "-m 64",
      "$x",
      `\${X}`,
    ),
    fc.string({ maxLength: 6 }),
    fc.stringMatching(/^[A-Za-z0-9+/=]{1,30}$/),
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));

  test("a second pass changes nothing", () => {
    fc.assert(
      fc.property(text, (one) => {
        const once = removeSecrets(one);
        expect(removeSecrets(once.text)).toEqual({ text: once.text, removed: 0 });
      }),
      { numRuns: 3000 },
    );
  });

  test("the number of lines stays", () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(removeSecrets(one).text.split("\n")).toHaveLength(one.split("\n").length);
      }),
    );
  });

  test("what is not a secret stays byte for byte: the cuts are the only difference", () => {
    fc.assert(
      fc.property(text, (one) => {
        // Each kept part is found in the text before, in the same order.
        let from = 0;
        for (const part of removeSecrets(one).text.split(gone)) {
          const at = one.indexOf(part, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + part.length;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("a memory setting in the same line as a secret stays", () => {
    const setting = fc.constantFrom("-m 64", "-M 8", "SHM_MEMORY=256", "PKG_MEMORY=16", "-x fm");
    const secret = fc.constantFrom("DB_PASSWORD=abc", "-A DBPASS=abc", "--password abc", "mysql://u:p@h/d", 'TOKEN="a b"');
    fc.assert(
      fc.property(fc.array(fc.oneof(setting, secret), { minLength: 1, maxLength: 8 }), (parts) => {
        const clean = removeSecrets(parts.join(" ")).text;
        const settings = parts.filter((part) => !/PASS|TOKEN|password|mysql/.test(part));
        let from = 0;
        for (const part of settings) {
          from = clean.indexOf(part, from);
          expect(from).toBeGreaterThanOrEqual(0);
          from += part.length;
        }
        expect(clean).not.toMatch(/abc|:p@|a b/);
      }),
    );
  });

  test("a password of any characters leaves no database URL", () => {
    const password = fc
      .stringMatching(/^[A-Za-z0-9!#$%&()*+,.:;=?@[\]^_{|}~/-]{8,20}$/)
      .filter((one) => !/\[rem|@[^@]*:\/\//.test(one));
    fc.assert(
      fc.property(password, (one) => {
        const line = `modparam("usrloc", "db_url", "mysql://kamailio:${one}@localhost/kamailio")`;
        expect(removeSecrets(line).text).toBe(`modparam("usrloc", "db_url", "mysql://kamailio:${gone}@localhost/kamailio")`);
      }),
      { numRuns: 1000 },
    );
  });

  test("a long line takes linear time", () => {
    for (const unit of [
      "a://",
      "a:",
      "password=",
      "x=",
      "--",
      '"',
      "@/:",
      "mysql://u:",
      "modparam(",
      "authorization:",
      "name: ",
      "token:x,",
    ]) {
      const line = unit.repeat(Math.ceil(200_000 / unit.length));
      expect(removeSecrets(line).text.length).toBeGreaterThan(0);
    }
  }, 20_000);
});
