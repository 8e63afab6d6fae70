/** The machine words that Kamailio prints in "(ARCH/OS)", and which of them are 64 bits wide. */

const WIDE = [
  "x86_64",
  "amd64",
  "aarch64",
  "arm64",
  "ppc64",
  "ppc64le",
  "ppc64el",
  "s390x",
  "riscv64",
  "mips64",
  "sparc64",
  "loongarch64",
  "alpha",
  "ia64",
];

/** True when pointers and longs have 64 bits. Kamailio's Makefile.defs prints uname -m, cmake CMAKE_SYSTEM_PROCESSOR. */
export function architectureIs64Bit(architecture: string): boolean {
  return WIDE.includes(architecture.trim().toLowerCase());
}
