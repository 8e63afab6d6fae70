/** `OUTGOING_ALLOW`: host names, addresses and networks that the service may call although they are not public. */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

export class AllowList {
  readonly #hosts = new Set<string>();
  readonly #networks: [Address, number][] = [];

  /** @param entries such as `prometheus.lan`, `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`, `[::1]` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const network = readNetwork(entry.replaceAll(/[[\]]/g, ""));
      if (network === null) this.#hosts.add(plainHost(entry));
      else this.#networks.push(network);
    }
  }

  /** Is the name itself listed? Then whatever it resolves to is the operator's word. */
  hasHost(host: string): boolean {
    return this.#hosts.has(plainHost(host));
  }

  /** Is the address in a listed network? */
  hasAddress(address: Address): boolean {
    return this.#networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }
}

/** A host name as it is compared: lower case, without the dot of the root. */
function plainHost(host: string): string {
  const lower = host.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** Four-part decimal and IPv6 notation only: whoever writes 0177.1 into a list of what is allowed has to mean it another way. */
function readNetwork(entry: string): [Address, number] | null {
  if (ipaddr.isValidCIDR(entry)) {
    const [network, bits] = ipaddr.parseCIDR(entry);
    return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= MAPPED_BITS
      ? [network.toIPv4Address(), bits - MAPPED_BITS]
      : [network, bits];
  }
  if (!ipaddr.IPv4.isValidFourPartDecimal(entry) && !ipaddr.IPv6.isValid(entry)) return null;
  const address = ipaddr.process(entry);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** ::ffff:0:0/96 */
const MAPPED_BITS = 96;
