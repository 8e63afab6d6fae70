/**
 * Replaces host and domain names. A name is taken for one where its place says so (behind `@`, `sip:`, `://`, at the head of a syslog line) or where
 * its last label is a top-level domain. Source files, module files, RPC names and versions have dots, too: they stay.
 */
import { kamailioModule } from "../../kamailio/knowledge/modules.js";
import { addressToken } from "./addresses.js";
import { isToken, type Tokens } from "./tokens.js";

/** Two letters: the country codes (ISO 3166-1 with eu, uk, su, ac). */
const COUNTRIES = new Set(
  "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw".split(
    " ",
  ),
);
/** Common ones, and what private networks call themselves. */
const DOMAINS = new Set(
  "com net org edu gov mil info biz mobi tel cloud app dev network online site tech xyz systems solutions services telecom voip sip local localdomain lan internal intranet corp home private arpa test example invalid".split(
    " ",
  ),
);
/** Country codes that are also file endings, RPC names or modules: with these, two labels alone are no host (`tm.so`, `core.ps`, `Makefile.am`). */
const AMBIGUOUS = new Set("ac am cc gr in is la ls md mk pl ps py rs sh so st to tm".split(" "));
/** RPC groups of the core. */
const RPC_GROUPS = new Set("core shm pkg mod cfg stats system dns tcp dbg ul pl".split(" "));
/** Where Kamailio lives: naming them gives nothing away. */
const PUBLIC = ["kamailio.org", "github.com", "sip-router.org"];
/** Revisions that stand behind an `@` in citations, and gdb's mark of an argument's first value. */
const REVISIONS = new Set(["head", "master", "main", "entry"]);

const NAME_RUN = /[A-Za-z0-9_.-]{4,}/g;
const MAX_HOST = 253;

/** Names whose last label says that they are hosts. */
export function redactHostNames(text: string, tokens: Tokens): string {
  return text.replace(NAME_RUN, (run, at: number) => {
    const name = trimmed(run);
    if (!name.text.includes(".") || !looksLikeHost(name.text, text.charAt(at - 1))) return run;
    return run.slice(0, name.from) + tokens.of("host", name.text.toLowerCase()) + run.slice(name.from + name.text.length);
  });
}

/** The token of what stands where a host must stand; `null` when it is none after all (a revision, a version). */
export function hostToken(text: string, tokens: Tokens): string | null {
  const address = addressToken(text, tokens);
  if (address !== null) return address;
  const name = text.toLowerCase();
  if (isToken(name) || isToken(name.slice(1, -1))) return name;
  if (!/[a-z]/.test(name) || REVISIONS.has(name) || name.endsWith(".service") || isPublic(name)) return null;
  return name === "localhost" ? text : tokens.of("host", name);
}

/** Without the dots and dashes around it, as a sentence leaves them. */
function trimmed(run: string): { text: string; from: number } {
  let from = 0;
  let to = run.length;
  while (from < to && ".-_".includes(run.charAt(from))) from++;
  while (to > from && ".-_".includes(run.charAt(to - 1))) to--;
  return { text: run.slice(from, to), from };
}

function looksLikeHost(name: string, before: string): boolean {
  if (name.length > MAX_HOST) return false;
  const labels = name.toLowerCase().split(".");
  const last = labels.at(-1) ?? "";
  const first = labels[0] ?? "";
  // SRV names alone have underscores, at the beginning of a label.
  if (!labels.every((label) => /^_?[a-z0-9-]{1,63}$/.test(label)) || isPublic(name.toLowerCase())) return false;
  if (AMBIGUOUS.has(last)) return labels.length > 2 && before !== "/" && !first.startsWith("lib");
  if (!COUNTRIES.has(last) && !DOMAINS.has(last)) return false;
  return !(labels.length === 2 && (RPC_GROUPS.has(first) || kamailioModule(first) !== null));
}

function isPublic(name: string): boolean {
  return PUBLIC.some((domain) => name === domain || name.endsWith(`.${domain}`));
}
